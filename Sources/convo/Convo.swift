import ArgumentParser
import Glibc

/// The command line.
@main
struct Convo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convo",
        abstract: "Your conversations with Mistral's API, kept on your own disk: read, search and write them offline.",
        discussion: """
            Every verb that reads or writes works with no network, no daemon and no API key; what is written is \
            delivered by convod, or by `convo sync`.
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Writing", subcommands: [Start.self, Append.self, Restart.self, Delete.self, Conflict.self]),
            CommandGroup(
                name: "Reading",
                subcommands: [List.self, Get.self, History.self, Messages.self, Search.self, Tree.self]),
            CommandGroup(name: "Delivering", subcommands: [Outbox.self, Sync.self, Status.self, Doctor.self]),
        ])

    static func main() async {
        // A reader that goes away is an error of `write`, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            try Arguments.check()
            var command = try command(arguments)
            if let command = command as? any WritingCommand, !command.delivery.isAskedFor {
                try command.queue()
            } else if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            Ending(of: error, arguments: arguments).happen()
        }
    }
}
