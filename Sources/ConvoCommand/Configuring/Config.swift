import ArgumentParser
import ConvoApp
import ConvoJSON
import ConvoTerminal

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "The settings: what is in force and why; changes the config file.",
        discussion: """
            A flag beats the environment, which beats the profile's table in the config file, which beats the file's \
            top level, which beats the default. See convo-config(5).
            """.withExamples("convo config", "convo config set model mistral-medium-latest"),
        subcommands: [List.self, Get.self, Change.self, Unset.self, Path.self], defaultSubcommand: List.self)

    struct List: Verb {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Every setting, its value, and where that comes from.",
            discussion: "The API key is never shown, only where it comes from.".withExamples(
                "convo config",
                "convo config list --profile work --json"))

        @OptionGroup var common: CommonOptions

        func run() throws {
            let listing = try SettingsListing(overrides: common.overrides, in: .ofThisProcess())
            try common.console.page(json: listing.json) { listing.lines($0) }
        }
    }

    struct Get: Verb {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "The value of a setting that is in force.",
            discussion: "".withExamples(
                "convo config get model"))

        @Argument(help: .setting, completion: .settings) var setting: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            let setting = try Setting(named: setting)
            let listing = try SettingsListing(overrides: common.overrides, in: .ofThisProcess())
            guard let row = listing[setting], let value = row.value else {
                throw ConfigurationError.notSet(name: setting.rawValue)
            }
            try common.console.print(json: row.json) { _ in [value.sanitised(.line)] }
        }
    }

    struct Change: Verb {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Gives a setting a value in the config file.",
            discussion: """
                With --profile, in the profile's table. Comments and all other settings stay as they are; a value that can't \
                be used is refused. A running convod reads the file again on SIGHUP.
                """.withExamples(
                    "convo config set model mistral-medium-latest",
                    "convo config set --profile work poll_interval 60"))

        @Argument(help: .setting, completion: .settings) var setting: String
        @Argument(help: "Its value.", completion: .settingValues) var value: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            let setting = try Setting(named: setting)
            let edit = try ConfigurationEdit(overrides: common.overrides, in: .ofThisProcess())
            let profile = common.chosenProfile
            try edit.set(setting, to: value, in: profile)
            let json = JSONText.object([
                "name": .string(setting.rawValue), "value": .string(value), "profile": .string(profile),
                "path": .string(edit.path),
            ])
            try common.console.print(json: json) { _ in
                ["\(setting.rawValue) is \(value.sanitised(.line)) in \(place(profile, edit))."]
            }
            try noteWhatBeats(setting)
        }

        /// Says where something else beats what was just written.
        private func noteWhatBeats(_ setting: Setting) throws {
            guard !common.console.asJSON,
                let listing = try? SettingsListing(overrides: common.overrides, in: .ofThisProcess()),
                let row = listing[setting], case .environment(let name) = row.origin
            else { return }
            try common.console.note("\(name) is set in the environment, and beats it.")
        }
    }

    struct Unset: Verb {
        static let configuration = CommandConfiguration(
            commandName: "unset", abstract: "Takes a setting out of the config file, so that its default holds.",
            discussion: "".withExamples(
                "convo config unset model"))

        @Argument(help: .setting, completion: .settings) var setting: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            let setting = try Setting(named: setting)
            let edit = try ConfigurationEdit(overrides: common.overrides, in: .ofThisProcess())
            let profile = common.chosenProfile
            let wasThere = try edit.remove(setting, in: profile)
            let json = JSONText.object([
                "name": .string(setting.rawValue), "removed": .bool(wasThere), "profile": .string(profile),
                "path": .string(edit.path),
            ])
            try common.console.print(json: json) { _ in
                [
                    wasThere
                        ? "\(setting.rawValue) is not set any more in \(place(profile, edit))."
                        : "\(setting.rawValue) was not set in \(place(profile, edit))."
                ]
            }
        }
    }

    struct Path: Verb {
        static let configuration = CommandConfiguration(
            commandName: "path", abstract: "Where the config file is, or would be.",
            discussion: "".withExamples(
                "convo config path"))

        @OptionGroup var common: CommonOptions

        func run() throws {
            let edit = try ConfigurationEdit(overrides: common.overrides, in: .ofThisProcess())
            let json = JSONText.object(["path": .string(edit.path), "exists": .bool(edit.exists)])
            try common.console.print(json: json) { _ in [edit.path.sanitised(.line)] }
        }
    }

    private static func place(_ profile: String?, _ edit: ConfigurationEdit) -> String {
        (profile.map { "[profile.\($0)] of " } ?? "") + edit.path.sanitised(.line)
    }
}

extension CommonOptions {
    /// The profile that the command line or the environment names, whose table a change is for; a default one in the config
    /// file does not count, so that `config set` without more changes the top level.
    fileprivate var chosenProfile: String? {
        let name = profile ?? ProcessEnvironment.ofThisProcess()[.defaultProfile]
        return name == Settings.noProfile ? nil : name
    }
}

extension ArgumentHelp {
    fileprivate static let setting: ArgumentHelp = "The setting's name in the config file (`convo config`)."
}

extension SettingsListing {
    var json: JSONText {
        .array(
            rows.map(\.jsonWithMeaning) + [
                .object([
                    "name": .string("api_key"), "value": .null, "origin": .string(keySource == nil ? "none" : "key"),
                    "source": .string(keySource),
                ])
            ])
    }

    func lines(_ style: OutputStyle) -> [String] {
        var table = Table([.fitting("SETTING"), .flexible("VALUE"), .fitting("FROM", rank: 1)])
        for row in rows { table.add([row.setting.rawValue, row.value ?? "-", row.origin.words]) }
        table.add(["API key", keySource == nil ? "none: run convo login" : "not shown", keySource ?? "-"])
        return table.lines(width: style.width, ansi: style.ansi)
    }
}

extension SettingsListing.Row {
    private var members: [(String, JSONText)] {
        [
            ("name", .string(setting.rawValue)), ("value", .string(value)), ("origin", .string(origin.kind)),
            ("source", .string(origin == .default ? nil : origin.words)),
        ]
    }

    var json: JSONText { .object(members) }

    /// The row with what else gives the setting, and what it decides; the manual takes these from here.
    var jsonWithMeaning: JSONText {
        .object(
            members + [
                ("flag", .string(setting.flag.isEmpty ? nil : setting.flag)), ("variable", .string(setting.variable)),
                ("summary", .string(setting.summary)),
            ])
    }
}
