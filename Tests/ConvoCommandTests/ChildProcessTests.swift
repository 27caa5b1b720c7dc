import ConvoPlatform
import Testing

@Suite struct `A program that is started` {
    @Test func `gets its arguments as they are, and no shell reads them`() throws {
        let words = ["%s|%s", "$HOME; exit 3", "a \"b\" *"]
        let outcome = try ChildProcess.run("printf", words)
        #expect(outcome == ChildProcess.Outcome(exitCode: 0, output: "$HOME; exit 3|a \"b\" *"))
    }

    @Test func `tells how it ended, and what it printed where`() throws {
        let outcome = try ChildProcess.run("/bin/sh", ["-c", "echo out; echo err >&2; exit 3"])
        #expect(outcome == ChildProcess.Outcome(exitCode: 3, output: "out\n", errors: "err\n"))
        #expect(try ChildProcess.run("/bin/sh", ["-c", "kill -9 $$"]).exitCode == 128 + SIGKILL)
    }

    @Test func `reads nothing, and may print more than is kept`() throws {
        let script = "cat; head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2"
        let outcome = try ChildProcess.run("/bin/sh", ["-c", script])
        #expect(outcome.exitCode == 0 && outcome.errors == "end\n")
        #expect(outcome.output.utf8.count >= ChildProcess.outputLimit)
        #expect(outcome.output.utf8.count < 2 * ChildProcess.outputLimit)
    }

    @Test func `is ended where it takes longer than it may`() {
        #expect(throws: ChildProcess.Failure.tookTooLong) { try ChildProcess.run("sleep", ["600"], within: 0) }
    }

    @Test func `may be missing`() {
        #expect(throws: ChildProcess.Failure.notStarted(code: ENOENT)) { try ChildProcess.run("/nowhere/convo", []) }
    }

    @Test func `is found by this program's own path, and so is the user`() throws {
        #expect(try #require(OwnProgram.path).hasPrefix("/"))
        let user = try #require(SystemUser(id: getuid()))
        #expect(SystemUser(named: user.name) == user && user.home.hasPrefix("/"))
        #expect(SystemUser(named: "no such user") == nil)
    }
}
