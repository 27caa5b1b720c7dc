/// What the command line says: above everything else. `nil` where a flag was not given.
public struct Overrides: Sendable {
    public var config: String?
    public var profile: String?
    public var database: String?
    public var serverURL: String?
    public var pollInterval: String?
    public var sweepInterval: String?

    public init(
        config: String? = nil, profile: String? = nil, database: String? = nil, serverURL: String? = nil,
        pollInterval: String? = nil, sweepInterval: String? = nil
    ) {
        self.config = config
        self.profile = profile
        self.database = database
        self.serverURL = serverURL
        self.pollInterval = pollInterval
        self.sweepInterval = sweepInterval
    }
}
