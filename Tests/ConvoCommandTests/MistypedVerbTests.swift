import ArgumentParser
import Testing

@testable import ConvoCommand

@Suite struct `A wrong verb` {
    @Test(arguments: [
        (["lsit"], "lsit", "`convo list`"), (["histroy", "x", "--json"], "histroy", "`convo history`"),
        (["--json", "serach", "x"], "serach", "`convo search`"),
        (["outbox", "retyr", "x"], "retyr", "`convo outbox retry`"),
        (["config", "sett"], "sett", "`convo config set`"),
    ])
    func `gets a suggestion`(arguments: [String], word: String, suggested: String) {
        let verb = MistypedVerb(in: arguments)
        #expect(verb?.word == word)
        #expect(verb?.hint.contains(suggested) == true)
    }

    @Test func `that is near nothing gets the way to the help`() {
        #expect(MistypedVerb(in: ["frobnicate"])?.hint == "Run `convo --help` to see what there is.")
    }

    @Test(arguments: ["lst", "verfy", "restor", "prun"])
    func `of backup is not made a folder`(word: String) {
        let error = #expect(throws: (any Error).self) { try Convo.parseAsRoot(["backup", word]) }
        #expect(error.map { Convo.message(for: $0).contains("Did you mean `convo backup") } == true)
    }

    @Test(arguments: ["./lst", "backups", "/tmp", "list/"])
    func `is no folder of backups`(folder: String) throws {
        #expect(try Convo.parseAsRoot(["backup", folder]) is Backup.Make)
    }

    @Test(arguments: [
        [], ["list", "extra"], ["outbox", "--help"], ["files", "a8p3"], ["help", "lsit"], ["--version"], ["--wrong"],
        ["outbox", "retry", "nonsense"],
    ])
    func `is not what else may be wrong`(arguments: [String]) { #expect(MistypedVerb(in: arguments) == nil) }
}

@Suite struct `The answer to a question` {
    @Test(arguments: ["y", "Y\n", " yes "]) func `may be yes`(answer: String) { #expect(Confirmation.isYes(answer)) }
    @Test(arguments: ["", "n", "yess", "ja", nil]) func `is no otherwise`(answer: String?) {
        #expect(!Confirmation.isYes(answer))
    }
}
