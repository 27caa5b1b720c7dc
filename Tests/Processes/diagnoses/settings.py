"""Faults of the config file, the key and the libraries."""
import os

from .place import SECRET, Finding, needs_root


def config_unreadable(place):
    place.config("", mode=0o000)
    return Finding("settings", "unreadable_file", 78, "permissions")


def config_is_a_folder(place):
    os.remove(place.environment["CONVO_CONFIG"])
    os.mkdir(place.environment["CONVO_CONFIG"])
    return Finding("settings", "unreadable_file", 78, "ls -l")


def config_syntax(place):
    place.config('database = "here', "server_url = 1")
    return Finding("settings", "syntax", 78, "TOML", says="config.toml:1")


def config_unknown_setting(place):
    place.config('databse = "x"')
    return Finding("settings", "unknown_setting", 78, "database", says="databse")


def config_bad_value(place):
    place.config("poll_interval = 0")
    return Finding("settings", "unusable_value", 78, "Change poll_interval")


def config_without_the_profile(place):
    place.environment["CONVO_PROFILE"] = "work"
    return Finding("settings", "no_such_profile", 78, "[profile.work]")


def config_that_others_can_write(place):
    place.config(f'database = "{place.database}"', mode=0o666)
    return Finding("settings", "exposed_config", hint="chmod 600")


def key_file_missing(place):
    os.remove(place.key_file("key-ann"))
    return Finding("key", "missing_file", 78, "Check the path", says="config/key")


def key_file_too_open(place):
    place.key_file(SECRET, 0o644)
    return Finding("key", "exposed_key_file", 78, "chmod 600", says="0644")


def key_file_empty(place):
    place.key_file("\n")
    return Finding("key", "unusable_key", 78, says="empty")


def key_file_of_another_user(place):
    needs_root("make a file of another user")
    path = place.key_file(SECRET, 0o644)
    place.give()
    os.chown(path, 1, 1)
    place.give = lambda: None
    return Finding("key", "exposed_key_file", 78, "chown", says="another user")


def key_written_as_an_assignment(place):
    place.key_file(f"MISTRAL_API_KEY={SECRET}")
    return Finding("key", "unusable_key", 78, says="NAME=key")


def no_key(place):
    del place.environment["MISTRAL_API_KEY"]
    place.environment["CONVO_SERVER_URL"] = "https://convo.invalid"
    return Finding("key", "no_key", 78, "api_key_file")


def key_for_the_service_alone(place):
    no_key(place)
    place.systemd(LoadCredential="mistral-api-key:/home/somebody/.config/convo/key")
    return Finding("key", "key_in_service_only", hint="api_key_file", says="convod.service")


def libcurl_missing(place):
    for name in ("libcurl.so.4", "libcurl-gnutls.so.4"):
        place.write(place.path(name), "no library", 0o644)
    place.environment["LD_LIBRARY_PATH"] = place.home
    return Finding("libraries", "libcurl_missing", 78, "libcurl4")


FAULTS = [
    config_unreadable, config_is_a_folder, config_syntax, config_unknown_setting, config_bad_value, config_without_the_profile,
    config_that_others_can_write, key_file_missing, key_file_too_open, key_file_empty, key_file_of_another_user,
    key_written_as_an_assignment, no_key, key_for_the_service_alone, libcurl_missing]
