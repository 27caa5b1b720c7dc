package import ConvoAPI
package import ConvoBackup
import ConvoExport
import ConvoJSON
import ConvoModel
import ConvoPlatform
package import ConvoStore
package import ConvoSync
package import ConvoTerminal

extension CLIError {
    /// Describes an error of any layer to a person; `nil` for an error that no layer of the package throws.
    ///
    /// - Parameter error: an error of the settings, the store, its backups, the API client, the engine, the model or the terminal,
    ///   or a `CancellationError`.
    package init?(_ error: any Error) {
        switch error {
        case let failure as CLIError: self = failure
        case let error as ConfigurationError: self.init(error)
        case let error as StoreError: self.init(error)
        case let error as BackupError: self.init(error)
        case let error as APIError: self.init(error)
        case let error as SyncFailure: self.init(error)
        case let error as ArchiveError:
            self.init(
                .badData, code: error.code, message: CLIError.sentence("\(error)"), hint: error.hint)
        case let error as JSONSyntaxError:
            self.init(
                .badData, code: "invalid_json", message: CLIError.sentence("\(error)"),
                hint: "The API's inputs are a JSON array of entries, or a JSON string.")
        case let error as ModelError:
            self.init(.badData, code: "invalid_data", message: CLIError.sentence("\(error)"))
        case TerminalDevice.WriteFailure.failed(let code):
            self.init(
                .diskError, code: "output_failed",
                message: "Can't write the output: \(String(cString: strerror(code))).")
        case is CancellationError:
            self.init(.tryLater, code: "cancelled", message: "Stopped.")
        default: return nil
        }
    }

    private init(_ error: ConfigurationError) {
        self.init(.configuration, code: error.code, message: error.description, hint: error.hint)
    }

    /// Describes a failure of the database, with its hint.
    ///
    /// - Parameter error: why the store could not do its work.
    package init(_ error: StoreError) {
        self.init(
            CLIError.exitCode(error), code: error.code, message: CLIError.sentence("\(error)"), hint: error.hint)
    }

    /// Describes a failure of a backup, with its hint.
    ///
    /// - Parameter error: why the backup could not be made, checked, restored or removed.
    package init(_ error: BackupError) {
        let (exitCode, code) = CLIError.codes(error)
        self.init(exitCode, code: code, message: CLIError.sentence("\(error)"), hint: error.hint)
    }

    /// Describes a failure of the engine, with the hint of the layer that caused it.
    ///
    /// - Parameter failure: why a step failed.
    package init(_ failure: SyncFailure) {
        switch failure {
        case .api(let error): self.init(error)
        case .store(let error): self.init(error)
        case .otherServer, .otherAccount:
            let reason = failure.reason
            self.init(
                .configuration, code: reason.code, message: CLIError.sentence(reason.message), hint: failure.hint)
        case .cancelled: self.init(.tryLater, code: "cancelled", message: "Stopped.")
        }
    }

    /// Describes a failure of a request, with its hint.
    ///
    /// - Parameter error: why the request has no result.
    package init(_ error: APIError) {
        let (exitCode, code) = CLIError.codes(error)
        self.init(exitCode, code: code, message: CLIError.sentence(error.message), hint: error.hint)
    }

    private static func codes(_ error: APIError) -> (ExitCode, String) {
        if error.isCredentialProblem { return (.credentialsRefused, "credentials_refused") }
        switch error.kind {
        case .unreachable: return (.unreachable, "unreachable")
        case .insecure: return (.unreachable, "insecure")
        case .notTheAPI: return (.unreachable, "not_the_api")
        case .noRoute: return (.configuration, "no_route")
        case .answerTooLarge: return (.badData, "answer_too_large")
        case .notInPlan: return (.badData, "not_in_plan")
        case .answerLost: return (.tryLater, "answer_lost")
        case .cancelled: return (.tryLater, "cancelled")
        case .streamError, .truncatedStream: return (.tryLater, "stream_broken")
        case .unusableRequest: return (.badData, "unusable_request")
        case .status(404): return (.notFound, "not_found")
        case .status(409): return (.tryLater, "busy")
        case .status(429): return (.tryLater, "rate_limited")
        case .status(500...): return (.tryLater, "server_error")
        case .status: return (.badData, "refused")
        }
    }

    private static func exitCode(_ error: StoreError) -> ExitCode {
        switch error {
        case .noSuchConversation, .noSuchEntry, .noSuchFile, .noSuchOperation: .notFound
        case .ambiguousConversation, .ambiguousOperation, .unreadableMoment, .invalidName, .invalidTag: .usage
        case .deletedRemotely, .localOnly, .accountBefore, .unansweredCalls, .pendingWrites, .wrongState,
            .requestTooLarge, .invalidRequest, .notOurs:
            .badData
        case .newerSchema, .newerIndex, .zstandardMissing: .configuration
        case .olderSchema, .hardLinked, .replaced, .corrupt, .notWritable, .diskFull: .diskError
        case .busy: .tryLater
        case .unexpected: .internal
        }
    }

    private static func codes(_ error: BackupError) -> (ExitCode, String) {
        switch error {
        case .missing: (.notFound, "no_such_file")
        case .notABackupFolder: (.badData, "not_a_backup_folder")
        case .newerLayout: (.configuration, "newer_backup")
        case .busy: (.tryLater, "busy")
        case .inUse: (.tryLater, "database_in_use")
        case .empty: (.notFound, "no_backup")
        case .noSuchBackup: (.notFound, "no_such_backup")
        case .ambiguousBackup: (.usage, "ambiguous_backup")
        case .severalDatabases: (.usage, "several_databases")
        case .unknownName: (.diskError, "unknown_backup")
        case .damaged: (.diskError, "damaged_backup")
        case .otherContent: (.diskError, "other_content")
        case .targetExists: (.badData, "target_exists")
        case .diskFull: (.diskError, "disk_full")
        case .unusable: (.diskError, "not_usable")
        case .nothingToKeep: (.usage, "nothing_to_keep")
        }
    }

    /// Makes a sentence of a library's error text, which has neither a capital nor a full stop.
    ///
    /// - Parameter text: the text; one that ends with `.`, `?` or `!` gets no full stop.
    /// - Returns: the sentence; the empty text stays empty.
    package static func sentence(_ text: String) -> String {
        guard let first = text.first else { return text }
        return first.uppercased() + text.dropFirst() + (text.last.map { ".?!".contains($0) } == true ? "" : ".")
    }
}
