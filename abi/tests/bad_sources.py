# SPDX-License-Identifier: MIT
"""Sources that the generator must refuse, each wrong in one way.

A case is (what is wrong, how to make a good source so, words of the refusal). The words include the
entry: a refusal that blames another entry, or another mistake, fails the case. Folders of files and files of costs are written as they are.
"""


def entry(data, kind, name):
    return next(e for e in data[kind] if e["name"] == name)


def call(data, name="console_write"):
    return entry(data, "call", name)


def arg(data, call_name, index):
    return call(data, call_name)["args"][index]


def field(data, struct, name):
    return next(f for f in entry(data, "struct", struct)["fields"] if f["name"] == name)


def argument(**changes):
    return {"name": "extra", "type": "u64", "doc": "something"} | changes


CASES = [
    ("unknown table", lambda d: d.update(calls=[]), "top level: unknown table 'calls'"),
    ("missing table", lambda d: d.pop("note"), "top level: table 'note' is missing"),
    ("table that is no list", lambda d: d.update(note={}), "note: is not a list of tables"),
    ("entry that is no table", lambda d: d["note"].append(3), "note number 4: is not a table"),
    ("entry without name", lambda d: d["const"][0].pop("name"), "const number 0: 'name' is missing"),
    ("unknown key", lambda d: call(d).update(arguments=[]), "call console_write: unknown key 'arguments'"),
    ("wrong type of a key", lambda d: call(d).update(nr="4"), "call console_write: 'nr' is not of type int"),
    ("truth for a number", lambda d: call(d, "info_features").update(nr=True), "call info_features: 'nr' is not of type int"),

    ("missing doc of a call", lambda d: call(d).pop("doc"), "call console_write: 'doc' is missing"),
    ("empty doc of an argument", lambda d: arg(d, "console_write", 1).update(doc=" "), "arg bytes: 'doc' is empty"),
    ("missing doc of a field", lambda d: field(d, "event_frame", "ip").pop("doc"), "struct event_frame: field ip: 'doc' is missing"),
    ("missing doc of a status", lambda d: d["status"][3].pop("doc"), "status INVAL: 'doc' is missing"),
    ("comment mark in a doc", lambda d: call(d).update(doc="Ends */ here."), "call console_write: 'doc' contains a comment mark"),
    ("doc of two lines", lambda d: call(d).update(doc="One.\nTwo."), "call console_write: 'doc' must be one line"),

    ("call number used twice", lambda d: call(d, "console_read").update(nr=4), "call console_read: nr 4 is used twice"),
    ("gap in call numbers", lambda d: d["call"].remove(call(d)), "call console_read: nr is 5 but the next one is 4"),
    ("call name used twice", lambda d: call(d, "console_read").update(name="console_write"), "call: name console_write is used twice"),
    ("call name in capitals", lambda d: call(d).update(name="ConsoleWrite"), "'ConsoleWrite' is not a proper name here"),
    ("call of a later version", lambda d: call(d).update(since="1.9"), "call console_write: since 1.9 is not a version up to"),
    ("since that is no version", lambda d: call(d).update(since="1"), "call console_write: since '1' is not major.minor"),
    ("call out of the order of versions", lambda d: (d["abi"].update(minor=1), call(d, "info_call").update(since="1.1")),
     "call info_counter: is of 1.0, before call info_call"),
    ("too many arguments", lambda d: call(d, "pt_update")["args"].append(argument()), "call pt_update: has 7 args; there are 6"),
    ("argument name used twice", lambda d: call(d)["args"].append(argument(name="bytes")), "call console_write: arg: name bytes is used twice"),
    ("argument named as a parameter", lambda d: call(d)["args"].append(argument(name="result")), "arg result: the name is taken"),
    ("argument named as a C keyword", lambda d: arg(d, "console_write", 1).update(name="register"), "'register' is a word of the C language"),
    ("unknown argument type", lambda d: arg(d, "console_write", 0).update(type="u48"), "arg address: unknown type 'u48'"),
    ("limit on an enumeration", lambda d: arg(d, "shutdown", 0).update(max=1), "arg reason: min and max do not go with type"),
    ("zero on a number", lambda d: arg(d, "console_write", 1).update(zero=True), "arg bytes: zero does not go with type u64"),
    ("canonical on a frame number", lambda d: arg(d, "root_load", 0).update(canonical=True), "arg root: canonical does not go with type gfn"),
    ("min over max", lambda d: arg(d, "console_write", 1).update(min=5000), "arg bytes: min 5000 and max 4096 leave nothing"),
    ("negative min", lambda d: arg(d, "console_write", 1).update(min=-1), "arg bytes: min -1"),
    ("alignment that is no power of two", lambda d: arg(d, "tlb_flush", 2).update(align=4000), "arg address: align 4000 is not a power of two"),
    ("alignment that leaves nothing", lambda d: arg(d, "console_write", 1).update(align=8192, min=1), "arg bytes: no value is aligned"),
    ("unknown error name", lambda d: call(d)["errors"].update(NOMEM={"none": "no memory"}), "call console_write: unknown error name 'NOMEM'"),
    ("OK as an error", lambda d: call(d)["errors"].update(OK={"fine": "fine"}), "call console_write: OK is not an error"),
    ("error without a cause", lambda d: call(d)["errors"].update(BUSY={"busy": ""}), "call console_write: 'errors.BUSY.busy' is empty"),
    ("errors that are no causes", lambda d: call(d)["errors"].update(BUSY="busy"), "call console_write: 'errors.BUSY' has no named sentences"),
    ("error without causes", lambda d: call(d)["errors"].update(BUSY={}), "call console_write: 'errors.BUSY' has no named sentences"),
    ("cause that is no text", lambda d: call(d)["errors"]["TYPE"].update(not_data=1), "call console_write: 'errors.TYPE.not_data' is not text"),
    ("cause with a name in capitals", lambda d: call(d)["errors"]["TYPE"].update(Data="x"), "call console_write: errors.TYPE: 'Data' is not a proper name"),
    ("cause named as the dispatch's", lambda d: call(d)["errors"]["INVAL"].update(limits="x"), "call console_write: 'errors.INVAL.limits' is a name for"),
    ("cause with a quote", lambda d: call(d)["errors"]["TYPE"].update(not_data='not "DATA"'), "call console_write: 'errors.TYPE.not_data' has a character"),
    ("kept after an error that there is not", lambda d: call(d).update(keeps={"BUSY": "all"}), "call console_write: 'keeps.BUSY' is about an error"),
    ("kept without text", lambda d: call(d).update(keeps={"TYPE": ""}), "call console_write: 'keeps.TYPE' is empty"),
    ("kept that is no text", lambda d: call(d).update(keeps={"TYPE": {}}), "call console_write: 'keeps.TYPE' is not text"),
    ("PERM without a caller", lambda d: call(d)["errors"].update(PERM={"other": "not allowed"}), "call console_write: 'caller' and errors.PERM"),

    ("call that says nothing", lambda d: call(d).pop("says"), "call console_write: 'says' is missing"),
    ("call with no sentence", lambda d: call(d).update(says={}), "call console_write: 'says' has no named sentences"),
    ("sentence without text", lambda d: call(d)["says"].update(at_most=" "), "call console_write: 'says.at_most' is empty"),
    ("sentence with a quote", lambda d: call(d)["says"].update(at_most='At "most".'), "call console_write: 'says.at_most' has a character"),
    ("sentence named as the example", lambda d: call(d)["says"].update(example="x"), "call console_write: 'says.example' is a name for"),
    *[(f"call without {key}", lambda d, key=key: call(d).pop(key), f"call console_write: '{key}' is missing")
      for key in ("before", "atomicity", "time", "repeat", "example")],
    *[(f"call with an empty {key}", lambda d, key=key: call(d).update({key: ""}), f"call console_write: '{key}' is empty")
      for key in ("doc", "result", "before", "atomicity", "time", "repeat", "tlb", "example")],
    ("example that is not indented", lambda d: call(d).update(example="return true;\n"), "call console_write: 'example' has a line that is not indented"),
    ("example that is too wide", lambda d: call(d).update(example=f"\treturn {'1' * 120};\n"), "call console_write: 'example' has a line of over"),
    ("example of another call", lambda d: call(d).update(example="\treturn true;\n"), "call console_write: 'example' does not use rb_console_write("),
    ("example of another operation", lambda d: entry(d, "op", "SET").update(example="\treturn true;\n"), "op SET: 'example' does not use RB_OP_SET"),
    ("example that ends its block", lambda d: call(d).update(example="\t```\n"), "call console_write: 'example' is not plain code"),
    *[(f"operation without {key}", lambda d, key=key: entry(d, "op", "SET").pop(key), f"op SET: '{key}' is missing")
      for key in ("doc", "value_doc", "word", "says", "before", "atomicity", "time", "repeat", "example")],
    ("operation that does not say what its count is", lambda d: entry(d, "op", "SET")["word"].pop("count"), "op SET: 'word' must say"),
    ("operation with an empty index", lambda d: entry(d, "op", "SET")["word"].update(index=""), "op SET: 'word.index' is empty"),
    ("operation with an empty cause", lambda d: entry(d, "op", "SET")["errors"]["TYPE"].update(free=""), "op SET: 'errors.TYPE.free' is empty"),

    ("empty doc of a bit", lambda d: field(d, "event_frame", "ss")["bits"][0].update(doc=""), "field ss: bits selector: 'doc' is empty"),
    ("missing doc of a bit", lambda d: field(d, "event_frame", "ss")["bits"][0].pop("doc"), "field ss: bits selector: 'doc' is missing"),
    ("empty doc of a field", lambda d: field(d, "event_frame", "ip").update(doc=""), "struct event_frame: field ip: 'doc' is empty"),
    ("empty doc of an enumeration's value", lambda d: d["enum"][0]["values"][0].update(doc=""), "enum shutdown_reason: value POWEROFF: 'doc' is empty"),
    *[(f"empty doc of a {kind}", lambda d, kind=kind: d[kind][0].update(doc=""), "'doc' is empty")
      for kind in ("const", "status", "feature", "enum", "counter", "struct", "note")],

    ("status out of order", lambda d: entry(d, "status", "PERM").update(value=-3), "status PERM: value is -3 but the next one is -2"),
    ("missing INVAL", lambda d: (entry(d, "status", "INVAL").update(name="WRONG")), "status: INVAL is missing"),
    ("gap in counters", lambda d: d["counter"][-1].update(value=99), "counter BLOCKS: value is 99"),
    ("gap in operations", lambda d: d["op"].pop(2), "op LINK: value is 3 but the next one is 2"),
    ("unknown error of an operation", lambda d: d["op"][1]["errors"].update(WORSE={"x": "x"}), "op TYPE: unknown error name 'WORSE'"),
    ("feature bit used twice", lambda d: d["feature"][1].update(bit=0), "feature: DEBUG_CHECK: bit 0 is used twice"),
    ("feature bit over 63", lambda d: d["feature"][1].update(bit=64), "feature: DEBUG_CHECK: bit 64 is not from 0 to 63"),
    ("enumeration value used twice", lambda d: d["enum"][0]["values"][2].update(value=1), "enum shutdown_reason: CRASH: value 1 is used twice"),
    ("enumeration without values", lambda d: d["enum"][0].update(values=[]), "enum shutdown_reason: has no values"),
    ("note type used twice", lambda d: d["note"][1].update(type=1), "note: ENTRY: type 1 is used twice"),
    ("constant over 64 bits", lambda d: d["const"][0].update(value=1 << 64), "const CHUNK_SHIFT: value"),

    ("overlapping fields", lambda d: field(d, "event_frame", "ip").update(offset=0), "struct event_frame: field ip: offset 0 overlaps"),
    ("overlap by an array", lambda d: field(d, "vcpu_page", "pending_vectors").update(count=5), "struct vcpu_page: field time: offset 64 overlaps"),
    ("misaligned field", lambda d: field(d, "start_info", "abi_minor").update(offset=11), "field abi_minor: offset 11 is not aligned for u16"),
    ("misaligned nested structure", lambda d: field(d, "vcpu_page", "time").update(offset=68), "field time: offset 68 is not aligned"),
    ("field beyond the end", lambda d: entry(d, "struct", "event_frame").update(size=56), "field gs_base: ends at 64, beyond"),
    ("size that is not aligned", lambda d: entry(d, "struct", "event_frame").update(size=68), "struct event_frame: size 68 is not a multiple"),
    ("structure used before it is declared", lambda d: d["struct"].reverse(), "unknown type 'memory_range' (a structure must be declared"),
    ("unknown field type", lambda d: field(d, "event_frame", "ip").update(type="pointer"), "field ip: unknown type 'pointer'"),
    ("array of nothing", lambda d: field(d, "vcpu_page", "reserved0").update(count=0), "field reserved0: count is not positive"),
    ("structure without fields", lambda d: entry(d, "struct", "event_frame").update(fields=[]), "struct event_frame: has no fields"),
    ("overlapping bits", lambda d: field(d, "pt_op", "word")["bits"][1].update(low=5), "field word: bits count: overlap"),
    ("bits beyond the end", lambda d: field(d, "event_frame", "ss")["bits"][4].update(width=5), "field ss: bits length: are beyond"),
    ("operation word with a hole", lambda d: field(d, "pt_op", "word")["bits"][3].update(width=39), "field word: bits do not fill the word"),

    ("register with no fate", lambda d: d["abi"]["kept"].remove("r15"), "abi: the state of some register on return is not said"),
    ("register with two fates", lambda d: d["abi"]["kept"].append("rcx"), "abi: on return, register rcx is used twice"),
    ("unknown register", lambda d: d["abi"]["argument_registers"].append("r16"), "abi: there is no register 'r16'"),

    ("constant that clashes with a status", lambda d: d["const"][0].update(name="INVAL"), "status INVAL: gives the C name RB_INVAL, as does const INVAL"),
    ("constant that clashes with a generated name", lambda d: d["const"][0].update(name="NR_CALLS"), "const NR_CALLS: gives the C name RB_NR_CALLS"),
    ("call that clashes with a helper", lambda d: call(d).update(name="op_word", example="\trb_op_word();\n"), "call op_word: gives the C name rb_op_word"),
    ("enumeration that clashes with a generated one", lambda d: d["enum"][1].update(name="status"), "enum status: gives the C name enum rb_status"),
]

# What is wrong with a folder, its files, words of the refusal.
FILES = [
    ("a source that is not TOML", {"unreadable.toml": "[abi\n"}, "unreadable.toml: cannot be read"),
    ("a folder without a source", {"notes.txt": ""}, "has no .toml file"),
    ("a table in two files", {"a.toml": "[abi]\n", "b.toml": "[abi]\n"}, "b.toml: table 'abi' is in a.toml already"),
    ("a table of one kind here, of another there", {"a.toml": "[[call]]\n", "b.toml": "[call]\n"}, "b.toml: table 'call' is in a.toml already"),
]

# What is wrong with a file of costs, its content, words of the refusal.
COSTS = [
    ("costs with a column missing", "pt_update\t100\n", "bad.tsv: line 1: is not three columns"),
    ("costs of no call", "# comment\npt_date\tone\t100\n", "bad.tsv: line 2: there is no call or operation 'pt_date'"),
    ("costs that are no number", "pt_update\tone\tmany\n", "bad.tsv: line 1: needs a variant's name and a number"),
    ("costs without a variant", "op.SET\t\t5\n", "bad.tsv: line 1: needs a variant's name and a number"),
    ("costs given twice", "pt_update\tone\t1\npt_update\tone\t2\n", "bad.tsv: line 2: 'one' of pt_update is there already"),
]
