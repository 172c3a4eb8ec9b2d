# ruff: noqa: E501
"""Sources that would take an evaluator without bounds minutes, gigabytes, or into an error.

Each is the smallest that we know of its kind.
"""

from __future__ import annotations

SOURCES: dict[str, str] = {}
"""By their names."""


def _add(name: str, source: str) -> None:
    SOURCES[name] = source


_add("eq_shared", "a=b=()\nfor i in range(40):\n a=(a,a); b=(b,b)\nx = a == b\n")
_add("eq_shared_list", "a=b=[]\nfor i in range(40):\n a=[a,a]; b=[b,b]\nx = a == b\n")
_add("hash_shared", "a=()\nfor i in range(40): a=(a,a)\nd={a:1}\nx=a in d\ns={a}\n")
_add("hash_shared2", "a=()\nfor i in range(25): a=(a,a)\nd={}\nfor i in range(100): d[a]=1\n")
_add(
    "hash_class_tuple", "class C: pass\na=(C(),)\nfor i in range(40): a=(a,a)\nd={a:1}\nx=a in d\n"
)
_add(
    "cache_shared",
    "from functools import lru_cache\n@lru_cache\ndef f(x): return 1\na=()\nfor i in range(40): a=(a,a)\nf(a)\n",
)
_add(
    "repr_shared",
    "a=()\nfor i in range(40): a=(a,a)\nx=repr(a)\ny=f'{a}'\nz='%s'%(a,)\nw=str([a])\n",
)
_add("sorted_shared", "a=()\nfor i in range(40): a=(a,a)\nx=sorted([a,a,(a,)])\ny=min(a,a)\n")
_add(
    "frozen_shared",
    "a=frozenset()\nfor i in range(40): a=frozenset([a,frozenset([a])])\nx={a}\ny=a==frozenset(a)\n",
)
_add(
    "format_shared",
    "a=()\nfor i in range(40): a=(a,a)\nx='{}'.format(a)\ny='{0[0][0]}'.format(a)\n",
)
_add("bigint", "x=9\nfor i in range(100): x=x*x\ny=x**x\nz=1<<10**9\n")
_add("pow", "x=pow(2,10**9)\n")
_add(
    "pow3",
    "x=pow(3, 2**4000-1, 2**4000-3)\nfor i in range(4000):\n x=pow(3, 2**4000-1-i, 2**4000-3)\n",
)
_add("neg_pow", "x=2**-10**9\ny=10**0.5\nz=2.5**10**4\nw=(-8)**0.5\n")
_add("bigadd", "x=1\nfor i in range(4000): x=x+x\n")
_add("bigor", "x=1\nfor i in range(4000): x=x|(x<<4000)\n")
_add("floordiv", "x=10**1200\nfor i in range(4000): y=x//7; z=x%7; w=divmod(x,7)\n")
_add("round", "x=round(10**1200, -10**9)\ny=round(1.5,10**9)\nz=round(5,-10**7)\n")
_add(
    "intstr",
    "x=int('9'*100000)\ny=str(9**9999)\nz=int('9'*1000)\nfor i in range(4000): y=int('9'*999)\n",
)
_add("strmul", "x='a'*10**9\ny=10**9*'a'\nz=[0]*10**9\nw=(0,)*10**9\nv=b'a'*10**9\n")
_add("strmul_neg", "x='a'*-10**9\n")
_add("boolmul", "x='a'*10**4\nfor i in range(100): x=x*10\n")
_add("doubling", "x='ab'\nfor i in range(100): x=x+x\n")
_add("doubling_list", "x=[1]\nfor i in range(100): x=x+x\n")
_add("doubling_iadd", "x=[1]\nfor i in range(100): x+=x\ny='a'\nfor i in range(100): y+=y\n")
_add("extend_self", "x=[1]\nfor i in range(100): x.extend(x)\n")
_add("join_doubling", "x=['ab']\ns='ab'\nfor i in range(100): s=''.join([s,s])\n")
_add("bytes_join", "s=b'ab'\nfor i in range(100): s=b''.join([s,s])\n")
_add("fstring_doubling", "s='ab'\nfor i in range(100): s=f'{s}{s}'\n")
_add("percent_doubling", "s='ab'\nfor i in range(100): s='%s%s'%(s,s)\n")
_add("format_doubling", "s='ab'\nfor i in range(100): s='{0}{0}{0}'.format(s)\n")
_add("replace_doubling", "s='ab'\nfor i in range(100): s=s.replace('a','aa').replace('b','bb')\n")
_add("replace_empty", "s='a'*10000\nt='b'*10000\nx=s.replace('',t)\ny=s.replace('a',t)\n")
_add(
    "translate",
    "s='a'*20000\nt={97:'b'*20000}\nx=s.translate(t)\nx=s.translate(str.maketrans({'a':'b'*20000}))\n",
)
_add(
    "ljust",
    "x='a'.ljust(10**9)\ny='a'.center(10**12)\nz='a'.zfill(10**9)\nw='\\t'.expandtabs(10**9)\nw=('\\t'*10000).expandtabs(10000)\nv='a'.ljust(width=10**9)\nb=b'a'.ljust(10**9)\nc=True and 'a'.rjust(10**9)\n",
)
_add("expandkw", "w='\\t'.expandtabs(tabsize=10**9)\n")
_add(
    "unbound",
    "w=str.ljust('a',10**9)\nw=str.join('a'*10000,['b']*20000)\nw=str.replace('a'*20000,'a','b'*20000)\nw=str.expandtabs('\\t'*10000,tabsize=10**6)\nv=int.to_bytes(1,10**9,'big')\n",
)
_add(
    "formatspec",
    "x=f'{1:1000000000}'\ny=format(1,'1000000000')\nz='{:1000000000}'.format(1)\nw='{:{}}'.format(1,10**9)\nv='%1000000000d'%1\nu='%*d'%(10**9,1)\nt='%.1000000000f'%1.0\ns=f'{1:{10**9}}'\nq=b'%1000000000d'%1\n",
)
_add(
    "formatmap", "x='{a:1000000000}'.format_map({'a':1})\ny='{:999}'*1000\nz=y.format(*[1]*1000)\n"
)
_add("fmt999", "y='{:999}'*20000\nz=y.format(*[1]*20000)\nw='%999d'*20000%((1,)*20000)\n")
_add("fmt999n", "for i in range(4000):\n y='{0:999}'*600\n z=y.format(1)\n")
_add(
    "range_list",
    "x=list(range(10**12))\ny=tuple(range(10**9))\nz=set(range(10**9))\nw=[*range(10**9)]\nv=sum(range(10**12))\nu=max(range(10**12))\nt=sorted(range(10**12))\ns=10**11 in range(10**12)\nr=0.5 in range(10**12)\n",
)
_add("range_in_float", "r=0.5 in range(10**9)\n")
_add(
    "range_in_str", "r='a' in range(10**9)\nr=range(10**9).index(5.5)\nr=range(10**9).count('a')\n"
)
_add(
    "range_rev",
    "x=list(reversed(range(10**12)))\ny=range(10**12)[::-1]\nz=list(range(10**12)[::2])\n",
)
_add("range_eq", "x=range(10**12)==range(10**12)\nx=hash(range(10**12))\n")
_add(
    "unpack_range",
    "a,*b=range(10**12)\nc,d=range(10**12)\ndef f(*a): pass\nf(*range(10**9))\nprint(*range(10**9))\n",
)
_add(
    "bytes",
    "x=bytes(10**12)\ny=bytes(range(10**9))\nz=bytearray(10**12)\nw=bytes([1]*10**6)\nb=(10**8).to_bytes(10**9,'big')\nc=bytes(True)\nd=bytes.fromhex('00'*10000)\n",
)
_add("bytes_kw", "x=bytes(source=10**12)\n")
_add(
    "count",
    "import itertools\nx=list(itertools.count())\ny=list(itertools.cycle([1]))\nz=list(itertools.repeat(1))\nw=sum(itertools.count())\nv=dict(zip(itertools.count(),itertools.count()))\n",
)
_add("count_in", "import itertools\nx=-1 in itertools.count()\n")
_add(
    "count_zip",
    "import itertools\nx=list(zip(itertools.count(),itertools.count()))\ny=max(itertools.count())\n",
)
_add("count_any", "import itertools\nx=any(i<0 for i in itertools.count())\n")
_add("count_extend", "import itertools\nx=[]\nx.extend(itertools.count())\nx+=itertools.count()\n")
_add("count_slice", "import itertools\nx=[]\nx[:]=itertools.count()\n")
_add("count_iadd", "import itertools\nx=[]\nx+=itertools.count()\n")
_add(
    "count_dict",
    "import itertools\nx=dict.fromkeys(itertools.count())\ny={}\ny.update(zip(itertools.count(),itertools.count()))\nz={i:i for i in itertools.count()}\n",
)
_add(
    "count_set",
    "import itertools\nx=set()\nx.update(itertools.count())\nx.union(itertools.count())\nx.issubset(itertools.count())\n",
)
_add("count_join", "import itertools\nx=''.join(itertools.repeat('a'))\n")
_add("count_pairs", "import itertools\nx=dict([itertools.count()])\n")
_add("count_prod", "import itertools\nx=itertools.product(itertools.count(),repeat=3)\n")
_add("count_all", "import itertools\nall(itertools.repeat(1))\n")
_add("count_islice", "import itertools\nx=list(itertools.islice(itertools.count(),10**12,None))\n")
_add(
    "count_for",
    "import itertools\nfor i in itertools.count(): pass\nfor i in itertools.count():\n  for j in itertools.count(): pass\n",
)
_add(
    "perm",
    "import itertools\nx=list(itertools.permutations(range(1000)))\ny=list(itertools.product(range(1000),repeat=16))\nz=next(itertools.combinations(range(10000),5000))\n",
)
_add(
    "permn",
    "import itertools\nfor i in range(4000):\n  z=next(itertools.combinations(range(10000),5000))\n",
)
_add("iter2", "x=list(iter(lambda:1,2))\n")
_add("iter_items", "x=iter([1])\ny=list(map(lambda a:a,iter(lambda:1,2)))\n")
_add("append_loop", "x=[1]\nfor i in x: x.append(i)\n")
_add("dictloop", "x={1:1}\nfor i in x: x[i+1]=1\n")
_add("setloop", "x={1}\nfor i in x: x.add(i+1)\n")
_add(
    "itself",
    "x=[]\nx.append(x)\nprint(x==x, repr(x), x==[x], sorted(x), x in x)\ny={}\ny[1]=y\nrepr(y)\ny==y\n",
)
_add(
    "self_eq",
    "x=[]\nx.append(x)\ny=[]\ny.append(y)\nprint(x==y, x<y, x!=y)\nx.index(y)\nx.count(y)\n",
)
_add("self_iter", "x=[]\nx.append(x)\nx.extend(x)\na=set(map(str,x))\nsum(x,[])\n")
_add(
    "deep_list",
    "x=[]\nfor i in range(3900): x=[x]\nprint(x==[x], repr(x))\ny=()\nfor i in range(3900): y=(y,)\nd={y:1}\nz=y==(y,)\nhash(y)\n",
)
_add(
    "deep_tuple_key",
    "y=()\nfor i in range(3900): y=(y,)\nd={}\nd[y]=1\nprint(y in d)\nisinstance(1,y)\n",
)
_add(
    "isinstance_shared",
    "y=(int,)\nfor i in range(40): y=(y,y)\nisinstance('a',y)\nissubclass(str,y)\n'a'.startswith(y)\ntry: 1/0\nexcept y: pass\n",
)
_add("startswith_deep", "y='a'\nfor i in range(40): y=(y,y)\n'b'.startswith(y)\n")
_add("slice_shared", "y=()\nfor i in range(40): y=(y,y)\nx=slice(y,y)\nd={}\nx==x\n")
_add(
    "deepexpr",
    "x=" + "(" * 90 + "1" + ")" * 90 + "\ny=" + "-" * 1000 + "1\nz=" + "not " * 1000 + "1\n",
)
_add("deepattr", "x=1\ny=x" + ".a" * 3000 + "\n")
_add("deepcall", "def f(): return f\nf" + "()" * 2000 + "\n")
_add("deepsub", "a=[]\na.append(a)\nb=a" + "[0]" * 3000 + "\n")
_add("deepif", "".join(" " * i + "if 1:\n" for i in range(90)) + " " * 90 + "x=1\n")
_add("elif", "x=9999\nif x==0: pass\n" + "".join(f"elif x=={i}: pass\n" for i in range(3000)))
_add("deeplambda", "f=" + "lambda: " * 900 + "1\nf" + "()" * 900 + "\n")
_add("deepcomp", "x=" + "[" * 60 + "1" + " for a in [1]]" * 60 + "\n")
_add(
    "boolop",
    "x="
    + " or ".join(["0"] * 5000)
    + "\n"
    + "y="
    + " and ".join(["1"] * 5000)
    + "\nz="
    + " < ".join(map(str, range(3000)))
    + "\n",
)
_add("recursion", "def f(n): return f(n+1)+f(n+1)\nf(0)\n")
_add("recursion2", "def f(n):\n try: return f(n+1)\n finally: f(n+1)\nf(0)\n")
_add(
    "gen_rec",
    "def g(n):\n yield n\n yield from g(n+1)\n yield from g(n+1)\nfor i in g(0): pass\nlist(g(0))\n",
)
_add("gen_nest", "g=iter([1])\nfor i in range(3000): g=(x for x in g)\nlist(g)\n")
_add("map_nest", "g=iter([1])\nfor i in range(3900): g=map(lambda a:a,g)\nlist(g)\n")
_add("enum_nest", "g=iter([1])\nfor i in range(3900): g=enumerate(g)\nlist(g)\n")
_add(
    "zip_nest",
    "import itertools\ng=iter([1])\nfor i in range(3900): g=itertools.chain(g)\nlist(g)\n",
)
_add(
    "islice_nest",
    "import itertools\ng=iter([1])\nfor i in range(3900): g=itertools.islice(g,1)\nlist(g)\n",
)
_add(
    "iter_nest",
    "g=iter([1])\nfor i in range(3900): g=iter(g)\nfor i in range(3900): g=filter(None,g)\nlist(g)\n",
)
_add("getattr_rec", "class C:\n def __getattr__(self,n): return getattr(self,n+'a')\nC().x\n")
_add("getattr_rec2", "class C:\n def __getattr__(self,n): return self.x+self.y\nC().x\n")
_add("getattribute", "class C:\n def __getattribute__(self,n): return self.x\nC().x\n")
_add("prop_rec", "class C:\n @property\n def x(self): return self.x+self.x\nC().x\n")
_add(
    "call_rec",
    "class C:\n def __call__(self): return self()\nC()()\nclass D:pass\nD.__call__=D()\nD()()\n",
)
_add("iter_rec", "class C:\n def __iter__(self): return C()\nfor i in C(): pass\nlist(C())\n")
_add(
    "len_rec",
    "class C:\n def __len__(self): return len(self)\n def __bool__(self): return bool(self)\n def __eq__(self,o): return self==o\nlen(C())\nbool(C())\nif C(): pass\nC()==C()\n[C()]==[C()]\n",
)
_add("len_self", "class C:\n def __len__(self): return self\nlen(C())\nbool(C())\nif C(): pass\n")
_add("repr_rec", "class C:\n def __repr__(self): return repr(self)\nstr(C())\nf'{C()}'\n'%s'%C()\n")
_add(
    "repr_self",
    "class C:\n def __repr__(self): return self\nstr(C())\nf'{C()}'\n'%s'%C()\n'{}'.format(C())\n",
)
_add(
    "mod_getattr",
    "def __getattr__(n): return globals()[n] if n in globals() else __getattr__(n+'a')\nimport rule\nrule.x\n",
)
_add(
    "bases1000",
    "".join(f"class C{i}: pass\n" for i in range(1500))
    + "class D("
    + ",".join(f"C{i}" for i in range(1500))
    + "): pass\nclass E(D): pass\n",
)
_add(
    "chain_classes",
    "class C0: pass\n" + "".join(f"class C{i}(C{i - 1}): pass\n" for i in range(1, 2000)),
)
_add("chain_loop", "class C: pass\nfor i in range(4000):\n  class C(C): pass\nC().x\n")
_add(
    "chain_loop_mi",
    "class A: pass\nclass C: pass\nfor i in range(4000):\n  class B(A): pass\n  class C(C, B): pass\n",
)
_add(
    "type_bases",
    "l=[type('C%d'%i,(),{}) for i in range(4000)]\nD=type('D',tuple(l),{})\nfor i in range(1000): D=type('D',(D,),{})\n",
)
_add(
    "dupbases",
    "class A: pass\nclass B(A,A): pass\nclass C(A,B): pass\nclass D(B,A,object): pass\nclass E(object,A): pass\n",
)
_add(
    "mro_attr",
    "class C: pass\nC.__mro__=(1,)\nC.__bases__=(C,)\nclass D(C): pass\nD.__bases__=(D,)\nC.__class__=C\nC()\n",
)
_add(
    "selfmeta",
    "class M(type): pass\nclass C(metaclass=M): pass\nM.__class__=C\nC.__class__=C\nC.x\nC()\nisinstance(C,C)\n",
)
_add("inst_class", "class C: pass\nc=C()\nc.__class__=c\nc.x\n")
_add("inst_class2", "class C: pass\nc=C()\nc.__class__=5\nstr(c)\nc()\nc+c\nlen(c)\n")
_add(
    "dictattr",
    "class C: pass\nc=C()\nc.__dict__={1:2,(1,2):3}\nvars(c)[1]=2\nfor k in vars(c): getattr(c,k)\ndir(c)\nC.__dict__[5]=5\nclass D(C): pass\ndir(C)\nvars(C)\n",
)
_add(
    "globals_int",
    "globals()[5]=6\nglobals()[(1,)]=7\nfrom rule import *\nimport rule\nfor k in dir(rule): pass\ndir()\nsorted(globals())\nlocals()[3]=4\ndir()\n",
)
_add(
    "star_names",
    "d={1:2,'a':3}\ndef f(**k): pass\nf(**d)\ndict(**d)\n'{}'.format(**d)\nclass C(**d): pass\n",
)
_add("sysmodules", "import sys\nsys.modules['a']=5\nimport a\nfrom a import b\n")
_add("sysmodules2", "import sys\nsys.modules['a']=[]\nimport a.b\n")
_add(
    "sysmodules3",
    "import sys\nsys.modules[5]=5\nsys.modules[None]=None\nsys.modules['sys']=5\nsys.modules['importlib.machinery']=5\nsys.modules['builtins']=None\nimport os.path\nimport foo\n",
)
_add("sysmodules4", "import sys\nsys.modules=5\nsys.path=5\nsys.meta_path=5\nimport foo\n")
_add("sysmodules5", "import sys\nsys.modules['io']=5\nopen('x')\nsys.modules['rule']=7\n")
_add("sysmodules6", "import sys\nsys.modules.clear()\nimport rule\nimport sys\nx=open('a')\n")
_add(
    "syspath",
    "import sys\nsys.path=[sys.path]\nsys.path.append(5)\nsys.path=range(10**9)\nimport foo\n",
)
_add("syspath_inf", "import sys,itertools\nsys.path=itertools.count()\nimport foo\n")
_add("path_inf", "import itertools\n__path__=itertools.repeat('a')\nimport rule.foo\n")
_add("selfimport", "import rule\nfrom rule import x\n")
_add("relimport", "from . import x\nfrom ... import y\nfrom .a import *\n")
_add("all_odd", "__all__=range(10**9)\nimport rule\nfrom rule import *\n")
_add("all_odd2", "__all__=5\nfrom rule import *\n")
_add("execexec", "s='exec(s)'\nexec(s)\n")
_add("evaleval", "s='eval(s)+eval(s)'\neval(s)\n")
_add("exec_doubling", "s='x=1\\n'\nfor i in range(20): s=s+s\nexec(s)\n")
_add("exec_deep", "exec('('*5000+')'*5000)\nexec('-'*100000+'1')\neval('['*1000)\n")
_add("exec_many", "s='x=1;'*100000\nfor i in range(4000): exec(s)\n")
_add("exec_null", "exec('\\0')\nexec(b'\\xff')\neval('')\nexec('x=')\n")
_add(
    "exec_ns",
    "exec('x=1',{5:6})\nexec('x=1',{},{5:6})\nexec('y',5)\nd={}\nexec('def f(): return f()',d)\nd['f']()\n",
)
_add("exec_ret", "exec('return 1')\nexec('yield 1')\nexec('break')\nexec('await x')\n")
_add(
    "ctx",
    "class C:\n def __enter__(self): return self\n def __exit__(self,*a): return True\nwith C() as c, C() as d: raise 5\nwith 5: pass\n",
)
_add(
    "regex1",
    "import re\nre.match('(a*)*b','a'*20000)\nre.match('(a|a)*b','a'*30)\nre.match('(a|aa)+$','a'*40+'b')\nre.sub('a*a*a*a*a*b','','a'*2000)\n",
)
_add(
    "regex2",
    "import re\nre.match('a{1,8}'*100+'b','a'*500)\nre.match('(a?){8}'*8+'a{64}','a'*64)\nre.search('(?:a{0,8}){0,8}b','a'*1000)\n",
)
_add("regex3", "import re\nre.match('('+'a?'*30+')'+'a'*30,'a'*30)\n")
_add(
    "regex4", "import re\nre.match(r'(.*)\\1b','a'*20000)\nre.match('(?=(a+))a*b\\\\1','a'*2000)\n"
)
_add("regex5", "import re\nfor i in range(4000): re.search('a.*b.*c','a'*300)\n")
_add(
    "regex6",
    "import re\nre.sub('','b'*20000,'a'*20000)\nre.sub('a','b'*2000,'a'*20000)\nre.sub('(a)','\\\\1'*5000,'a'*20000)\n",
)
_add(
    "regex7",
    "import re\nre.findall('a','a'*2000000)\nre.split('a','a'*2000000)\nre.split('(a)','a'*2000000)\n",
)
_add(
    "regex8",
    "import re\nre.compile('('*500)\nre.compile('(?P<a>)'*2000)\nre.compile('a{4294967296}')\nre.compile('(?:a{1000}){1000}'*3).match('a')\n",
)
_add(
    "regex9",
    "import re\nre.match('((((((a{50}){50}){50}){50}){50}){50})','a')\nre.compile('[\\\\x00-\\U0010ffff]'*90,re.I)\n",
)
_add(
    "regex_look",
    "import re\nre.match('(?<=a+)b','ab')\nre.match('(?(1)a|b)*c','b'*30)\nre.match('(a)?(?(1)a*|a*)*c','a'*40)\n",
)
_add(
    "regex_alt",
    "import re\nre.match('(?:a|b|ab)'+'{8}'*1+'x','ab'*20)\nre.match('(?:a|b|ab|ba|aba){0,8}'*4+'x','ab'*50)\n",
)
_add(
    "json",
    "import json\nx=json.loads('['*100000)\ny=json.loads('['*900+']'*900)\nz=json.loads('9'*10000)\nw=json.loads('{\"a\":'*500+'1'+'}'*500)\n",
)
_add("json10", "import json\ns='['+'1,'*900000+'1]'\nfor i in range(1000): json.loads(s)\n")
_add("dedent", "import textwrap\nfor i in range(4000): textwrap.dedent('\\n'.join([' '*500]*40))\n")
_add("dedent2", "import textwrap\ns=' \\n'*500000\nfor i in range(100): textwrap.dedent(s)\n")
_add("listcopy", "x=list(range(20000))\nfor i in range(4000):\n  for j in range(4000): y=list(x)\n")
_add("listcopy2", "x=list(range(20000))\nfor i in range(4000):\n  for j in range(4000): y=x[:]\n")
_add(
    "listcopy3", "x=list(range(20000))\nfor i in range(4000):\n  for j in range(4000): y=x.copy()\n"
)
_add(
    "listcopy4",
    "x=list(range(20000))\nfor i in range(4000):\n  for j in range(4000): x.insert(0,1); x.pop(0)\n",
)
_add(
    "listrev",
    "x=list(range(20000))\nfor i in range(4000):\n  for j in range(4000): x.reverse(); x[::-1]; x+[1]; x*1; x==x\n",
)
_add(
    "strops",
    "x='a'*2000000\nfor i in range(4000):\n  for j in range(4000): x.upper(); x.find('b'); 'b' in x; x[:-1]; x+'a'; x==x+'b'; x.encode(); x.strip(); x.split('b'); x.count('ab')\n",
)
_add(
    "strsearch",
    "x='a'*1000000+'b'\ny='a'*500000+'b'+'a'*500000\nfor i in range(400): x.find(y[1:]); x.count(y[:700000]); y in x\n",
)
_add("strsplit", "x='a '*900000\nfor i in range(4000): x.split()\n")
_add("strlines", "x='a\\n'*900000\nl=[]\nfor i in range(4000): l.append(x.splitlines())\n")
_add("keepstr", "x='a'*1900000\nl=[]\nfor i in range(4000): l.append(x+str(i))\n")
_add("keeplist", "x=list(range(19000))\nl=[]\nfor i in range(4000): l.append(x+[i])\n")
_add(
    "keepdict",
    "x=dict.fromkeys(range(19000))\nl=[]\nfor i in range(4000): l.append(dict(x)); l.append({**x}); l.append(x|x); l.append(x.copy()); l.append(list(x.items()))\n",
)
_add(
    "keepset",
    "x=set(range(19000))\nl=[]\nfor i in range(4000): l.append(set(x)); l.append(x|x); l.append(x.copy()); l.append(frozenset(x)); l.append(x.union(x)); l.append(x-x)\n",
)
_add("bigdict", "d={}\nfor i in range(4000):\n  for j in range(4000): d[i,j]='a'*100\n")
_add("bigdict_upd", "d={}\nfor i in range(4000):\n  d.update({(i,j):1 for j in range(4000)})\n")
_add("bigset", "d=set()\nfor i in range(4000):\n  for j in range(4000): d.add((i,j))\n")
_add(
    "setdefault",
    "d={}\nfor i in range(4000):\n  for j in range(4000): d.setdefault((i,j),[]).append('a'*9000)\n",
)
_add(
    "attrs",
    "class C: pass\nl=[]\nfor i in range(4000):\n  for j in range(4000):\n    c=C(); c.x=1; l.append(c)\n",
)
_add("nested_comp", "x=[[[0 for i in range(4000)] for j in range(4000)] for k in range(4000)]\n")
_add("gen_turns", "x=sum(1 for i in range(10**4) for j in range(10**4) for k in range(10**4))\n")
_add("bigexpr_comp", "x=[(" + "+".join(["a"] * 5000) + ") for a in range(20000)]\n")
_add("biglit_comp", "x=[[" + ",".join(["a"] * 5000) + "] for a in range(20000)]\n")
_add("bigargs", "def f(*a): pass\nx=[f(" + ",".join(["a"] * 5000) + ") for a in range(20000)]\n")
_add(
    "biglambda",
    "f=lambda a:"
    + "+".join(["a"] * 5000)
    + "\nfor i in range(4000):\n  for j in range(4000): f(1)\n",
)
_add("bigconst", "x=[0 for a in range(20000) if 0 or " + " or ".join(["0"] * 5000) + "]\n")
_add(
    "bigtuple_unpack",
    "x=range(4000)\nfor i in range(4000): " + ",".join(f"a{i}" for i in range(4000)) + "=x\n",
)
_add(
    "manydefs",
    "class C:\n"
    + "".join(f" def f{i}(self): pass\n" for i in range(3000))
    + "for i in range(4000):\n class D(C): pass\n D()\n",
)
_add(
    "abstract",
    "from abc import *\nclass C(ABC):\n"
    + "".join(f" x{i}=1\n" for i in range(3000))
    + "for i in range(4000):\n for j in range(4000): C()\n",
)
_add(
    "mro_special",
    "class C: pass\nfor i in range(1000):\n class C(C): pass\nc=C()\nfor i in range(4000):\n for j in range(4000): c+c\n",
)
_add(
    "alternatives",
    "import os,time\nx=time.time()\nl=[]\n"
    + "".join(f"if x>{i}: a={i}\n" for i in range(15))
    + "d={}\nfor i in range(4000): b=(a,a); c=a+a+a+a+a+a; l.append((a,a)); d[a]=a\n",
)
_add(
    "alt_strings",
    "import time\nx=time.time()\na='a'\n"
    + "".join(f"if x>{i}: a='{i}'\n" for i in range(14))
    + "s=a+a\nt=f'{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}'\nu='%s%s%s%s%s%s%s%s%s%s'%(a,a,a,a,a,a,a,a,a,a)\nv='{}{}{}{}{}{}'.format(a,a,a,a,a,a)\nw=''.join([a]*20)\n",
)
_add(
    "alt_call",
    "import time\nx=time.time()\n"
    + "".join(f"def f{i}(): return [g() for i in range(10)]\n" for i in range(14))
    + "g=f0\n"
    + "".join(f"if x>{i}: g=f{i}\n" for i in range(14))
    + "g()\n",
)
_add(
    "branches",
    "import time\nx=time.time()\n"
    + "".join(f"if x>{i}:\n  a{i}=1\nelse:\n  a{i}=2\n" for i in range(3000)),
)
_add(
    "branches_nest",
    "import time\nx=time.time()\ndef f(n):\n if x>n:\n  f(n+1)\n else:\n  f(n+1)\nf(0)\n",
)
_add(
    "while_unknown",
    "import time\nx=time.time()\nwhile x:\n  while x:\n    while x:\n      while x: x=x+1\n",
)
_add(
    "try_unknown",
    "import time\nx=time.time()\ndef f():\n try:\n  if x: raise ValueError\n except ValueError: f()\n else: f()\nf()\n",
)
_add(
    "gen_susp_try",
    "import time\nx=time.time()\ndef g():\n try:\n  if x:\n    yield 1\n  else:\n    yield 2\n  yield 3\n finally: pass\na=g()\nnext(a)\nb=g()\nnext(b)\ndel a\nnext(b)\nfor i in range(100): next(g())\n",
)
_add(
    "ctypes_odd",
    "from ctypes import *\nCDLL(5)\nCDLL([])\nCDLL(b'a')\nCDLL(())\nCDLL(CDLL)\ncdll[5]\ncdll.LoadLibrary(1.5)\n",
)
_add("ctypes_shared", "from ctypes import *\na=()\nfor i in range(40): a=(a,a)\nCDLL(a)\n")
_add(
    "find_odd",
    "from ctypes.util import find_library as f\nf(5)\nf([])\nf(b'a')\nf('a'*100000)\nf('('*1000)\n",
)
_add(
    "manyasks",
    "from ctypes import *\nfor i in range(4000):\n for j in range(4000):\n  try: CDLL('a'*19000+str(i))\n  except OSError: pass\n",
)
_add(
    "manyasks2",
    "from ctypes.util import find_library as f\nfor i in range(4000):\n for j in range(4000): f(str(i))\n",
)
_add(
    "surrogate",
    "x='\\ud800'\nfrom ctypes import *\nCDLL(x)\nx.encode()\nopen(x)\nimport importlib\nimportlib.import_module(x)\nimportlib.import_module('a'*100000)\nimportlib.import_module('.'*1000)\nimportlib.import_module('a.'*5000)\n",
)
_add(
    "importdots",
    "import importlib\nimportlib.import_module('a'+'.a'*900)\n__import__('a',5,6,7,8)\n__import__('',globals(),None,(),10**9)\n",
)
_add(
    "namedtuple",
    "from collections import namedtuple,OrderedDict,defaultdict,Counter,deque\nN=namedtuple('N',' '.join('a%d'%i for i in range(5000)))\nn=N(*range(5000))\n",
)
_add("enum", "import enum\nclass E(enum.Enum):\n" + "".join(f" a{i}={i}\n" for i in range(3000)))
_add(
    "dataclass",
    "from dataclasses import dataclass\n@dataclass\nclass E:\n"
    + "".join(f" a{i}:int={i}\n" for i in range(3000))
    + "for i in range(100): E()\n",
)
_add(
    "match",
    "x=[1]*20000\nfor i in range(4000):\n match x:\n  case [*a,2]: pass\n  case [1,*b]: pass\n",
)
_add(
    "match_or",
    "x=1\nfor i in range(4000):\n match x:\n  case "
    + "|".join(map(str, range(2, 5000)))
    + ": pass\n",
)
_add(
    "match_map",
    "x=dict.fromkeys(range(15000))\nfor i in range(4000):\n match x:\n  case {"
    + ",".join(f"{i}:_" for i in range(3000))
    + ",**r}: pass\n",
)
_add("delslice", "for i in range(4000):\n  x=list(range(10000))\n  del x[::2]\n  x[::2]=x[::2]\n")
_add(
    "hugeidx",
    "x=[1]\nx[10**100]\nx[10**100:]\nx[::10**100]\n'a'[10**100:]\nrange(10**100)\nlen(range(10**100))\nx*10**100\n'a'*10**100\nlist(range(10**100))\nx.insert(10**100,1)\nx.pop(10**100)\n",
)
_add(
    "floatinf",
    "x=float('inf')\nint(x)\nround(x)\ny=float('nan')\nint(y)\n1e308*10\n10.0**400\n10**400*1.0\n1/10**400\ndivmod(x,1)\nrange(x)\n'%d'%x\nchr(10**9)\nchr(-1)\nord('ab')\nhex(1.5)\n",
)
_add("complex", "x=1j**10**9\ny=(1+1j)**1000000\nz=1j<2\nabs(1j)\nint(1j)\nx//1\n")
_add(
    "lenhuge",
    "class C:\n def __len__(self): return 10**100\n def __index__(self): return 10**100\nlen(C())\n[1][C()]\n'a'*C()\nrange(C())\n",
)
_add("boolmult", "x=True*10**9\n")
_add(
    "hostattrs",
    "x=(1).__class__.__mro__[-1].__subclasses__()\ny=''.__class__.__base__\n(lambda:0).__globals__\n(lambda:0).__code__.co_code\nstr.__init__.__globals__\n[].__class__.__dict__\ntype(type)\ntype.mro(int)\nobject.__reduce_ex__(1,2)\nint.from_bytes(b'a'*10000,'big')\nint.__new__(int)\nstr.format('{0.__class__.__mro__}',1)\n'{0.__class__.__init__.__globals__}'.format(1)\n",
)
_add(
    "hostattrs2",
    "import ctypes,os,sys,_host\n_host.names\n_host.dlopen.call\n_host.search.call\nx=_host.__dict__\nfor k in list(x): getattr(_host,k)\n_host.search('(a+)+b','a'*40,0,'match')\n_host.search('a','a',0,'__class__')\n_host.instance(5)\n_host.json('['*10000)\n_host.load_file(5,6)\n_host.product('a',repeat=10**9)\n_host.path_join(*['a'*19000]*10000)\n_host.path_commonprefix(['a'*10000]*10000)\n_host.path_relpath('a/'*10000,'b/'*10000)\n",
)
_add(
    "host_search_kind",
    "import _host\n_host.search('a','a',0,'compile')\n_host.search('a','a',0,'template')\n_host.search('a','a',0,'purge')\n_host.search('a','a',1<<20,'match')\n_host.search('a','a','a','match')\n_host.search(5,5,5,5)\n_host.find_all(1,2,3)\n_host.replaced('a',lambda m:m,'a',0,0)\n_host.split('a','b',-1,0)\n_host.search('a',pos=1)\n",
)
_add(
    "native_calls",
    "import _host\nx=_host.__dict__\nfor k in list(x):\n  f=getattr(_host,k)\n  for a in ((),(1,),('a',),('a','b'),([],[]),(1,2,3),('a','b',3,4),(None,),(None,None),(int,),({},),(b'a',b'b')):\n    try: f(*a)\n    except Exception: pass\n    try: f(*a,x=1)\n    except Exception: pass\n",
)
_add(
    "builtin_calls",
    "import builtins\nx=builtins.__dict__\nfor k in list(x):\n  f=getattr(builtins,k,None)\n  for a in ((),(1,),('a',),('a','b'),([],[]),(1,2,3),('a','b',3,4),(None,),(None,None),(int,),({},),(b'a',b'b'),(1.5,),(int,1),(f,f),(f,)):\n    try: f(*a)\n    except Exception: pass\n    try: f(*a,x=1)\n    except Exception: pass\n",
)
meth = "class N: pass\nfor v in ('abc',b'abc',[3,1],(1,2),{1:2},{1},frozenset([1]),1,1.5,2j,True,range(3),None,iter([1]),N(),N,int,type,len,super,print,slice(1,2),...,NotImplemented,ValueError('a'),property(len),staticmethod(len),classmethod(len),object()):\n  for k in names:\n    try: m=getattr(v,k)\n    except Exception: continue\n    for a in ((),(1,),('a',),('a','b'),([],[]),(1,2,3),(None,),(None,None),(int,),({},),(b'a',b'b'),(m,),(v,),([1],)):\n      try: m(*a)\n      except Exception: pass\n"
for n, ns in enumerate(
    [
        sorted(
            {
                k
                for t in (str, bytes, list, tuple, dict, set, frozenset, int, float, complex)
                for k in dir(t)
            }
        )[i::4]
        for i in range(4)
    ]
):
    _add(f"methods{n}", f"names={ns}\n" + meth)
_add(
    "methodsx",
    f"names={sorted({k for t in (type, object, range, slice, property, super, type(iter([])), type(lambda: 0), ValueError) for k in dir(t)} | {'send', 'throw', 'close', 'gi_frame', 'setter', 'getter', 'deleter', 'names', 'call', 'kind'})}\n"
    + meth,
)
ops = "vals=['abc',b'abc',[3,1],(1,2),{1:2},{1},1,0,-1,1.5,2j,True,range(3),None,iter([1]),int,len,slice(1,2),...,ValueError('a'),object()]\nfor a in vals:\n  for b in vals:\n"
for op in [
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "<<",
    ">>",
    "|",
    "&",
    "^",
    "@",
    "==",
    "!=",
    "<",
    "<=",
    "in",
    "is",
    "and",
    "or",
]:
    ops += f"    try: a {op} b\n    except Exception: pass\n"
_add("ops", ops)
ops = "vals=['abc',b'abc',[3,1],(1,2),{1:2},{1},1,0,1.5,True,range(3),None,iter([1]),int,len,slice(1,2),ValueError('a'),object()]\nfor a in vals:\n  for b in vals:\n"
for op in ["+=", "-=", "*=", "/=", "//=", "%=", "**=", "<<=", ">>=", "|=", "&=", "^=", "@="]:
    ops += f"    c=a\n    try: c {op} b\n    except Exception: pass\n"
ops += "    try: a[b]\n    except Exception: pass\n    try: a[b]=b\n    except Exception: pass\n    try: del a[b]\n    except Exception: pass\n    try: a[b:b]\n    except Exception: pass\n    try: a[b:b:b]=b\n    except Exception: pass\n    try: a(b)\n    except Exception: pass\n    try: f'{a:{b}}'\n    except Exception: pass\n    try: '%s%d%x%c'%(a,b,a,b)\n    except Exception: pass\n    try: a.x=b\n    except Exception: pass\n    try: del a.x\n    except Exception: pass\n    try:\n      for c in a: pass\n    except Exception: pass\n    try: c,d=a\n    except Exception: pass\n    try: raise a from b\n    except Exception: pass\n    try:\n      with a: pass\n    except Exception: pass\n    try: -a,+a,~a,not a\n    except Exception: pass\n    match a:\n      case [1,*c]: pass\n      case {1:c}: pass\n      case int(c): pass\n      case str(): pass\n      case object(x=c): pass\n"
_add("ops2", ops)
_add("bare", "return 1\nyield 2\nbreak\ncontinue\nx=yield\nawait y\nnonlocal z\nglobal w\n*a\n")
_add("bare2", "break\n")
_add("bare3", "yield 1\n")
_add("bare4", "x = await y\nasync with a: pass\nasync for i in b: pass\n[x async for x in y]\n")
_add(
    "yield_class",
    "class C:\n  yield 1\nclass D:\n  return 5\nx=lambda: (yield 1)\nlist(x())\ny=[(yield 1) for i in [1]]\n",
)
_add(
    "yield_everywhere",
    "def f(a=(yield 1)):\n  if (yield 1): pass\n  while (yield): break\n  for i in (yield 2): pass\n  with (yield 3) as x: pass\n  match (yield 4):\n    case 1: pass\n  try: yield 5\n  finally: yield 6\n  return (yield (yield 7))\nl=list(f())\ndef g():\n  x=[(yield 1) for i in [1]]\nlist(g())\n",
)
_add("annots", "x: yield\ny: (z:=5)\ndef f(a: 1/0) -> 2/0: pass\nclass C:\n  x: 1/0\n")
_add("decorators", "@5\ndef f(): pass\n@[1]\nclass C: pass\n@lambda f:f\ndef g(): pass\n")
_add("deco_deep", "d=lambda f:f\n" + "@d\n" * 5000 + "def f(): pass\n")
_add("names_surr", "globals()['\\ud800']=1\ngetattr(5,'\\ud800',None)\n")
_add("del_odd", "del x\ndel (a,b),[c]\ndel 5 .x\n")
_add("exc_odd", "try: raise ValueError(1) from 5\nexcept* ValueError as e: pass\n")
_add("exc_odd2", "try: 1/0\nexcept 5: pass\n")
_add("exc_odd3", "try: 1/0\nexcept (1,2,[3]): pass\n")
_add(
    "many_try",
    "def f(n):\n try:\n  raise ValueError\n except ValueError:\n  return f(n-1)+f(n-1) if n else 0\nf(30)\n",
)
_add("walrus", "[y:=x for x in range(10)]\nclass C: [z:=1 for q in [1]]\n")
_add("open_odd", "open(5)\nopen('/etc/passwd').read()\nfor l in open(__file__): exec(l)\n")
_add("readself", "s=open(__file__).read()\nexec(s)\n")
_add(
    "imports_many",
    "import importlib\nfor i in range(4000): \n for j in range(100):\n  try: importlib.import_module(f'a{i}_{j}')\n  except ImportError: pass\n",
)
_add("cuts", "x=0\n" + "".join("a='a'*10**9\n" for i in range(5000)))
_add("cuts2", "".join(f"nosuch{i}\n" for i in range(20000)))
_add(
    "super_odd",
    "super()\nclass C:\n  def f(self): super(5,6).x; super(C,5).y; super().z\nC().f()\nsuper(int,5).bit_length()\n",
)
_add("slots", "class C:\n __slots__=('a','b')\n def __init__(self): self.a=1\nC().b\n")
_add(
    "prep",
    "class M(type):\n def __prepare__(n,b): return 5\nclass C(metaclass=M): pass\nclass M2(type):\n @classmethod\n def __prepare__(m,n,b): return {5:6}\nclass D(metaclass=M2): pass\nclass E(metaclass=5): pass\nclass F(metaclass=lambda *a:5): pass\nclass G(F): pass\n",
)
_add(
    "setname",
    "class D:\n def __set_name__(self,o,n): o.x=D(); type('Q',(),{'y':D()})\nclass C: d=D()\n",
)
_add(
    "partial_chain",
    "from functools import partial\nf=lambda:1\nfor i in range(3900): f=partial(f)\nf()\n",
)
_add("bound_chain", "class C: pass\nf=print\nfor i in range(3900): f=f.__get__(1)\nf()\nf.x\n")
_add(
    "static_chain",
    "f=print\nfor i in range(3900): f=staticmethod(f)\nf()\nclass C: g=f\nC.g()\nC().g\n",
)
_add("content_chain", "class S(str): pass\ns='a'\nfor i in range(3900): s=S(s)\nlen(s)\ns+s\n")
_add("content_loop", "import _host\nx=_host.instance(int,5)\n")
_add(
    "exc_chain",
    "e=None\nfor i in range(3900):\n  try: raise ValueError(e)\n  except ValueError as f: e=f\nstr(e)\nrepr(e)\n",
)
_add("str_exc_rec", "e=ValueError()\ne.args=(e,)\nstr(e)\ne.args=(1,e)\nstr(e)\n")
_add("mod_chain", "import types\nm=types.ModuleType('m')\nm.m=m\n")
_add("sumlists", "x=sum([[1]*100]*200,[])\ny=sum([[1]]*19999,[])\n")
_add(
    "dictmerge",
    "d=dict.fromkeys(range(19000))\nfor i in range(4000):\n  e={**d,**d,**d,**d,**d,**d,**d,**d}\n  f=[*d,*d,*d,*d,*d,*d,*d,*d]\n",
)
_add(
    "kwcall",
    "d={'a%d'%i:i for i in range(19000)}\ndef f(**k): pass\nfor i in range(4000): f(**d)\n",
)
_add("argcall", "d=list(range(19000))\ndef f(*k): pass\nfor i in range(4000): f(*d)\n")
_add("sortn", "d=list(range(19000))\nfor i in range(4000): d.sort(); sorted(d)\n")
_add("sortstr", "d=['a'*19000+str(i) for i in range(1000)]\nfor i in range(4000): d.sort()\n")
_add(
    "sort_shared",
    "a='a'*19000\nd=[[a]*10000]*1000\nd.sort()\nx=[[a]*10000]*100==[[a+'']*10000]*100\n",
)
_add("eq_long", "a=['a'*19000]*19000\nb=[('a'*18999+'a')]*19000\nfor i in range(4000): a==b\n")
_add("inlist", "a=list(range(19000))\nfor i in range(4000): -1 in a; a.index(18000); a.count(5)\n")
_add(
    "anyall",
    "a=[0]*19000\nfor i in range(4000): any(a); all(a); sum(a); max(a); min(a); len(a); bool(a); tuple(a); set(a); reversed(a); enumerate(a); zip(a,a)\n",
)
_add("strjoin", "a=['']*19000\nfor i in range(4000): ''.join(a)\n")
_add("big_source_names", "".join(f"a{i}={i}\n" for i in range(100000)))
_add("listlit_big", "x=[" + ",".join(map(str, range(200000))) + "]\n")
_add("dictlit_big", "x={" + ",".join(f"{i}:{i}" for i in range(200000)) + "}\n")
_add("tuple_of_tuple_const", "x=" + "(1," * 80 + ")" * 80 + "\n")
