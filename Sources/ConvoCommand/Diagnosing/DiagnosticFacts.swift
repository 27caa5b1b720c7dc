import ConvoApp
import ConvoIPC
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoTerminal

/// Everything that the checks of `convo doctor` judge, gathered at one time.
///
/// A member is `nil` where it could not be asked for, because of another one that failed.
struct DiagnosticFacts {
    var settings: Result<Settings, CLIError>
    /// The config file; `nil` where there is none.
    var configFile: FileFacts?
    var libraries: LibraryFacts
    var storage: StorageFacts?
    var store: Result<StoreFacts, CLIError>?
    /// The endpoint; `nil` where the settings name none and none runs.
    var endpoint: EndpointFacts?
    /// The service of the user's manager; `nil` where there is no such manager.
    var service: ServiceFacts?
    /// Whether the database's place comes from a flag or a variable, which a service does not have.
    var isDatabaseOfShell = false
    /// Where the key comes from; `nil` inside where none is given and none needed.
    var keySource: Result<String?, CLIError>?
    var server: Result<ServerProbe, CLIError>?
    /// This machine's clock when the server had answered.
    var now: Timestamp
    /// Whether the kernel gives this user another inotify instance.
    var hasFileEvents = true
}

/// The libraries that are not part of the program.
struct LibraryFacts: Hashable {
    /// The version of SQLite, such as `3.40.1`.
    let sqlite: String
    /// The version of libcurl; `nil` where it is not used or not there.
    let libcurl: String?
    /// Why no request can be sent; `nil` where requests can be sent.
    let httpFailure: String?
}

/// What an open database says of itself.
struct StoreFacts {
    /// The canonical path.
    var path: String
    var integrity: Result<Void, CLIError>
    var index: Result<IndexStatus, CLIError>
    var setAside: Result<[SetAsideItem], CLIError>
    var owner: Result<StoreOwner, CLIError>
    /// The writes that are not delivered.
    var outbox: Result<[OutboxItem], CLIError>
    var isOriginal: Result<Bool, CLIError>
    var lastPullAt: Timestamp?
    /// The time of the newest activity, by the server's clock.
    var newestAt: Timestamp?
    /// How many files of entries are stored.
    var storedFiles: Int
    /// The folder of these files.
    var filesFolder: FileFacts
    var daemon: DaemonFacts
    /// A process beside the daemon that delivers, or waits for its turn to, and that a signal or a debugger has stopped; `nil` if there is
    /// none.
    var stoppedDeliverer: Int32?
}

/// The process that serves a database, or served it last.
struct DaemonFacts: Hashable {
    /// Who holds the daemon's lock; `nil` if nobody does.
    var holder: FileLock.Holder?
    /// The process that held the lock last; `nil` if none ever did.
    var lastProcess: Int32?
    /// The process that holds the lock; `nil` where the system does not tell.
    var process: RunningProcess?
    /// When the lock was taken, in microseconds since 1970.
    var lockedAt: Int64
}

/// The endpoint for programs of this machine.
struct EndpointFacts {
    /// The address that the setting `listen` names; `nil` where it is off.
    var configured: LocalAddress?
    /// The address at which a running convod offers the endpoint; `nil` if none does.
    var running: LocalAddress?
    /// Whether some process listens at the configured place, although no convod of this database does.
    var isTaken: Bool
    /// Why its token cannot be used, so that it admits nobody; `nil` where it can.
    var tokenFailure: CLIError?
}
