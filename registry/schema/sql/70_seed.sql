-- What an empty registry starts with: one counter row and the 62 names nobody may publish.

INSERT INTO metadata (total_downloads) VALUES (0);

INSERT INTO reserved_crate_names (name) VALUES
    ('alloc'), ('arena'), ('ast'), ('builtins'), ('collections'), ('compiler-builtins'), ('compiler-rt'), ('compiletest'),
    ('core'), ('coretest'), ('debug'), ('driver'), ('flate'), ('fmt_macros'), ('grammar'), ('graphviz'),
    ('macro'), ('macros'), ('proc_macro'), ('rbml'), ('rust-installer'), ('rustbook'), ('rustc'), ('rustc_back'),
    ('rustc_borrowck'), ('rustc_driver'), ('rustc_llvm'), ('rustc_resolve'), ('rustc_trans'), ('rustc_typeck'), ('rustdoc'), ('rustllvm'),
    ('rustuv'), ('serialize'), ('std'), ('syntax'), ('test'), ('unicode'), ('nul'), ('con'),
    ('prn'), ('aux'), ('com1'), ('com2'), ('com3'), ('com4'), ('com5'), ('com6'),
    ('com7'), ('com8'), ('com9'), ('lpt1'), ('lpt2'), ('lpt3'), ('lpt4'), ('lpt5'),
    ('lpt6'), ('lpt7'), ('lpt8'), ('lpt9'), ('com0'), ('lpt0');
