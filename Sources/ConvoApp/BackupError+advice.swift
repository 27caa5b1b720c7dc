package import ConvoBackup
package import ConvoTerminal

extension BackupError {
    /// The exit code of a verb that ends with the error, the error's code for programs, and the advice to the person, in
    /// whole sentences.
    package var advice: (exitCode: ExitCode, code: String, hint: String) {
        switch self {
        case .missing:
            (
                .notFound, "no_such_file",
                "Check the path: `convo backup FOLDER` makes a backup, and the folder where it is missing."
            )
        case .notABackupFolder:
            (.badData, "not_a_backup_folder", "Name an empty folder, one that does not exist yet, or one with backups.")
        case .newerLayout: (.configuration, "newer_backup", "Update Convo, or name another folder.")
        case .busy:
            (
                .tryLater, "busy",
                "Try again later. If nothing else runs, the folder's file system may have no locks: use another one."
            )
        case .inUse:
            (
                .tryLater, "database_in_use",
                "Stop convod (`convo service stop`), end what else has the database open, and try again."
            )
        case .empty: (.notFound, "no_backup", "`convo backup FOLDER` makes one.")
        case .noSuchBackup: (.notFound, "no_such_backup", "`convo backup list FOLDER` shows what is there.")
        case .ambiguousBackup: (.usage, "ambiguous_backup", "Give more of the name.")
        case .severalDatabases:
            (
                .usage, "several_databases",
                "Name the backup; `convo backup list FOLDER` shows which database each is of."
            )
        case .unknownName:
            (
                .diskError, "unknown_backup",
                "If it is a manifest, give it the name that its second line has; otherwise move it out of the folder."
            )
        case .damaged(let file, _, _):
            (
                .diskError, "damaged_backup",
                file.hasPrefix("chunks/")
                    ? "Remove the file, and run `convo backup` again: it stores the piece anew if the database still has it. Restore from a backup that does not need it."
                    : "Restore from another backup; if none needs this file, remove it. Then run `convo backup` again."
            )
        case .otherContent: (.diskError, "other_content", "Restore from another backup, and run `convo backup` again.")
        case .targetExists: (.badData, "target_exists", "Name a file that does not exist: --to NEW_FILE.")
        case .diskFull:
            (
                .diskError, "disk_full",
                "Free some space and try again; the backups that are there are whole. `convo backup prune` removes old ones."
            )
        case .unusable:
            (.diskError, "not_usable", "Check the permissions of the file and its folder, or name another folder.")
        case .nothingToKeep: (.usage, "nothing_to_keep", "Use --keep 1 or more.")
        }
    }
}
