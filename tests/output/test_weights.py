"""What pages say that packages weigh, alone and together."""

from __future__ import annotations

from find_libdeps import Package
from find_libdeps.debian.installing import Costs
from find_libdeps.debian.requirements import Requirement
from find_libdeps.output.weights import Shared, Weights
from find_libdeps.report.report import PackageUse

KNOWN = {
    "liba1": Requirement(10, (("common",),)),
    "libb1": Requirement(20, (("common",), ("rest",), ("there",))),
    "common": Requirement(5, ()),
    "rest": Requirement(1, ()),
}


def test_each_has_its_own_and_what_several_bring_is_shared() -> None:
    """What is not known is no size; what the target has adds nothing."""
    names = ("liba1", "libb1", "libc1", "there")
    a, b, c, there = packages = [
        PackageUse(Package(name, "amd64"), (), essential=False) for name in names
    ]
    costs = Costs(KNOWN, frozenset({"there"}), "index")
    weights = Weights(costs, costs.of(each.package for each in packages))
    assert [weights.of(each) for each in packages] == [10, 21, None, 0]
    assert [weights.brought_by(each) for each in (a, b, there)] == [(), (("rest", 1),), ()]
    assert weights.shared(packages) == [Shared(("liba1", "libb1"), (("common", 5),), 5)]
    assert weights.saved(packages, [a, c]) == 10
    assert weights.saved(packages, [a, b]) == 36
