/// The C module that says which mutant is on.
///
/// It reads two environment variables when the process starts. `MUTANT` is the id of the mutant that is on; without it
/// no mutant is on. `MUTANTS_REACHED` is the path of a file: when the process ends, the module writes a byte for each
/// switch there, 1 if the switch was reached.
package enum SwitchModule {
    /// The texts of the target's files, by their path in its folder.
    package static func files(capacity: Int) -> [String: String] {
        ["include/\(MutatedSource.module).h": header(capacity), "switch.c": source]
    }

    private static func header(_ capacity: Int) -> String {
        """
        #pragma once
        #include <stdbool.h>
        #include <stdint.h>

        #define MUTANT_CAPACITY \(capacity)
        extern int32_t mutant_that_is_on;
        extern bool mutants_are_recorded;
        extern unsigned char mutants_reached[MUTANT_CAPACITY];

        static inline bool mutantIsOn(int32_t id) {
            if (__builtin_expect(mutants_are_recorded, 0)) __atomic_store_n(&mutants_reached[id], 1, __ATOMIC_RELAXED);
            return mutant_that_is_on == id;
        }
        static inline bool mutantFlips(int32_t id, bool value) { return value != mutantIsOn(id); }

        """
    }

    private static let source = """
        #include "\(MutatedSource.module).h"
        #include <stdio.h>
        #include <stdlib.h>

        int32_t mutant_that_is_on = 0;
        bool mutants_are_recorded = false;
        unsigned char mutants_reached[MUTANT_CAPACITY];

        __attribute__((constructor)) static void read_environment(void) {
            const char *number = getenv("MUTANT");
            if (number) mutant_that_is_on = atoi(number);
            mutants_are_recorded = getenv("MUTANTS_REACHED") != NULL;
        }

        __attribute__((destructor)) static void write_reached(void) {
            const char *path = getenv("MUTANTS_REACHED");
            FILE *file = path ? fopen(path, "w") : NULL;
            if (!file) return;
            fwrite(mutants_reached, 1, MUTANT_CAPACITY, file);
            fclose(file);
        }

        """
}
