/* /usr/bin/linuxready: starts the private Python with linuxready in it.
 *
 * A program and no shell script, for sh is bash on the old distributions: it costs more, warns of a broken locale, and
 * runs functions that it finds in the environment. -I -S: no site-packages of the machine, nothing of the current folder;
 * -B: nothing is written below /usr. PYTHON* variables are taken away, for PYTHONEXECUTABLE is heeded in spite of -I,
 * and Python then looks for its library beside what that names. The runtime is found beside the program, so that
 * the tree runs where it was built.
 */
#define _GNU_SOURCE /* environ */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INSTALLED "/usr/bin/linuxready"
#define PYTHON "/lib/linuxready/bin/python3.13"
#define MAIN "from linuxready.__main__ import main; main()"

static int is_for_python(const char *variable) {
    return !strncmp(variable, "PYTHON", 6) || !strncmp(variable, "__PYVENV_LAUNCHER__=", 20);
}

int main(int argc, char **argv) {
    char python[PATH_MAX + sizeof PYTHON];
    ssize_t length = readlink("/proc/self/exe", python, PATH_MAX - 1);
    if (length <= 0) /* no /proc: a bare chroot */
        length = strlen(strcpy(python, INSTALLED));
    python[length] = 0;
    for (int up = 0; up < 2; up++) { /* PREFIX/bin/linuxready -> PREFIX */
        char *slash = strrchr(python, '/');
        if (slash)
            *slash = 0;
    }
    strcat(python, PYTHON);

    const char *options[] = {python, "-I", "-S", "-B", "-c", MAIN};
    const size_t given = sizeof options / sizeof *options;
    const char *words[given + argc + 1];
    memcpy(words, options, sizeof options);
    for (int n = 1; n <= argc; n++) /* the NULL at argv's end, too */
        words[given + n - 1] = argv[n];

    char **kept = environ;
    for (char **variable = environ; *variable; variable++)
        if (!is_for_python(*variable))
            *kept++ = *variable;
    *kept = NULL;
    execve(python, (char **)words, environ);
    fprintf(stderr, "linuxready: %s: %s\n", python, strerror(errno));
    return 4;
}
