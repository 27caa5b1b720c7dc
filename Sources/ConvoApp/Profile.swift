/// The name of a group of settings with a database of its own, so that one person can use several accounts.
enum Profile {
    static let nameLimit = 64
    /// The name that asks for no profile: the default database is `convo.db`, and a profile of this name would share it.
    static let reserved = "convo"

    /// The requested profile; `nil` if none is.
    ///
    /// The reserved name asks for none, although the config file names a default.
    ///
    /// - Throws: ``ConfigurationError/unusableValue(setting:source:value:reason:)`` for a name that cannot be a
    ///   profile's.
    static func name(
        flag: String?, in environment: ProcessEnvironment, file: ConfigurationFile?
    ) throws(ConfigurationError) -> String? {
        if let name = flag ?? environment[.defaultProfile] {
            guard name != reserved else { return nil }
            let setting = Setting.defaultProfile
            try check(name, from: flag == nil ? setting.variable ?? setting.rawValue : setting.flag)
            return name
        }
        guard let file, let name = file[.defaultProfile], name != reserved else { return nil }
        try check(name, from: file.path)
        return name
    }

    /// Checks that the name can be part of a file's and a service's name, and contains nothing that a path or a systemd
    /// unit would interpret.
    static func check(_ name: String, from source: String) throws(ConfigurationError) {
        func unusable(_ reason: String) -> ConfigurationError {
            .unusableValue(setting: "profile", source: source, value: String(name.prefix(nameLimit)), reason: reason)
        }
        guard (1...nameLimit).contains(name.utf8.count), name.utf8.allSatisfy(isAllowed) else {
            throw unusable("a name has 1 to \(nameLimit) letters, digits, - and _")
        }
        guard name.lowercased() != reserved else { throw unusable("its database would be the one without a profile") }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
