import Testing

@testable import ConvoApp

@Suite struct `The text of a config file` {
    private func changed(_ text: String, _ change: (inout ConfigurationText) -> Void) -> String {
        var edited = ConfigurationText(text)
        change(&edited)
        return edited.text
    }

    @Test(arguments: [
        ("", "model = \"m\"\n"),
        ("# mine\n", "# mine\nmodel = \"m\"\n"),
        ("conflict = 'hold'\n\n# end\n", "conflict = 'hold'\nmodel = \"m\"\n\n# end\n"),
        ("model = 'old'  # why\nconflict = 'hold'", "model = \"m\"  # why\nconflict = 'hold'\n"),
        ("  \"model\"='a # b'# why\n", "  \"model\"= \"m\"# why\n"),
        ("model = \"a \\\" # b\" # why\n", "model = \"m\" # why\n"),
        (
            "# mine\n\n# of work\n[profile.work]\nmodel = 'w'\n",
            "# mine\n\nmodel = \"m\"\n\n# of work\n[profile.work]\nmodel = 'w'\n"
        ),
        ("# model = 'x'\r\nconflict = 'hold'\r\n", "# model = 'x'\r\nconflict = 'hold'\r\nmodel = \"m\"\r\n"),
    ])
    func `takes a setting of the top level, and keeps comments and order`(before: String, after: String) {
        #expect(changed(before) { $0.set("model", to: "\"m\"", in: nil) } == after)
    }

    @Test(arguments: [
        ("", "[profile.work]\nmodel = \"m\"\n"),
        ("model = 'top'\n", "model = 'top'\n\n[profile.work]\nmodel = \"m\"\n"),
        (
            "[profile.work] # mine\nconflict = 'hold'\n\n[profile.b]\nmodel = 'b'\n",
            "[profile.work] # mine\nconflict = 'hold'\nmodel = \"m\"\n\n[profile.b]\nmodel = 'b'\n"
        ),
        ("[ profile . \"work\" ]\nmodel = 'old'\n", "[ profile . \"work\" ]\nmodel = \"m\"\n"),
        ("[profile.work]\n\n[profile.b]\n", "[profile.work]\nmodel = \"m\"\n\n[profile.b]\n"),
    ])
    func `takes a setting of a profile, whose table it adds`(before: String, after: String) {
        #expect(changed(before) { $0.set("model", to: "\"m\"", in: "work") } == after)
    }

    @Test func `loses a setting with its line alone`() {
        let text = "# a\nmodel = 'x' # b\nconflict = 'hold'\n[profile.w]\nmodel = 'y'\n"
        #expect(
            changed(text) { $0.remove("model", in: nil) } == "# a\nconflict = 'hold'\n[profile.w]\nmodel = 'y'\n")
        #expect(
            changed(text) { $0.remove("model", in: "w") } == "# a\nmodel = 'x' # b\nconflict = 'hold'\n[profile.w]\n")
        #expect(changed(text) { $0.remove("model", in: "other") } == text)
    }

    @Test(arguments: [
        (Setting.model, "a \"b\" \\ \u{1B}é", #""a \"b\" \\ \u001Bé""#), (.pollInterval, "5", "5"),
        (.pollInterval, "2.5", "2.5"), (.pollInterval, "soon", "\"soon\""), (.pollInterval, "nan", "\"nan\""),
        (.fileLimit, "7", "7"), (.fileLimit, "7.5", "\"7.5\""), (.model, "5", "\"5\""),
    ])
    func `has values as TOML`(setting: Setting, value: String, literal: String) {
        #expect(setting.literal(of: value) == literal)
    }
}
