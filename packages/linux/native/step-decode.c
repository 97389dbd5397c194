/* Decodes steps by a table of their arguments' types, checks every length and number, and copies nothing. */
#include <stdlib.h>
#include <string.h>

#include "steps.h"

/* u: 32-bit number, q: 64-bit number, s: string, b: bytes, l: list of strings. */
static const char *const arguments[OP_COUNT] = {
    [OP_UNSHARE] = "u",
    [OP_SETNS] = "su",
    [OP_MOUNT] = "sssqs",
    [OP_REMOUNT] = "sq",
    [OP_UNMOUNT] = "su",
    [OP_OPEN_TREE] = "us",
    [OP_MOVE_MOUNT] = "usqq",
    [OP_MAKE_DIRECTORY] = "suuu",
    [OP_SYMLINK] = "ss",
    [OP_MAKE_NODE] = "suuuuu",
    [OP_BIND] = "ss",
    [OP_MASK] = "s",
    [OP_READ_ONLY] = "s",
    [OP_WRITE_FILE] = "sb",
    [OP_WRITE_CHILD] = "sb",
    [OP_PIVOT_ROOT] = "s",
    [OP_CHROOT] = "s",
    [OP_CHANGE_DIRECTORY] = "suu",
    [OP_HOSTNAME] = "s",
    [OP_DOMAINNAME] = "s",
    [OP_RLIMIT] = "uqq",
    [OP_UMASK] = "u",
    [OP_SET_SESSION] = "",
    [OP_TERMINAL] = "uuu",
    [OP_SET_GROUPS] = "b",
    [OP_SET_GID] = "u",
    [OP_SET_UID] = "u",
    [OP_KEEP_CAPABILITIES] = "",
    [OP_BOUNDING_SET] = "q",
    [OP_CAPABILITY_SET] = "qqq",
    [OP_AMBIENT_SET] = "q",
    [OP_NO_NEW_PRIVILEGES] = "",
    [OP_DEATH_SIGNAL] = "u",
    [OP_NETLINK] = "ub",
    [OP_SECCOMP] = "bu",
    [OP_BARRIER] = "",
    [OP_EXECUTE] = "ll",
};

/* A null-terminated vector of strings in place. */
static char **take_list(struct cursor *cursor) {
    uint32_t count = take_u32(cursor);
    /* An entry takes at least five bytes, which bounds what a false count can make us allocate. */
    if (cursor->bad || count > (size_t)(cursor->end - cursor->at) / 5) {
        cursor->bad = 1;
        return NULL;
    }
    char **items = calloc((size_t)count + 1, sizeof *items);
    if (!items) cursor->bad = 1;
    for (uint32_t i = 0; items && i < count; i++) items[i] = (char *)take_string(cursor).at;
    return items;
}

static void decode_step(struct cursor *cursor, struct step *step) {
    unsigned numbers = 0, texts = 0, lists = 0;
    step->op = take_u8(cursor);
    step->flags = take_u8(cursor);
    if (step->op >= OP_COUNT || !arguments[step->op]) {
        cursor->bad = 1;
        return;
    }
    for (const char *type = arguments[step->op]; *type; type++) switch (*type) {
        case 'u': step->number[numbers++] = take_u32(cursor); break;
        case 'q': step->number[numbers++] = take_u64(cursor); break;
        case 's': step->text[texts++] = take_string(cursor); break;
        case 'b': step->text[texts++] = take_bytes(cursor); break;
        case 'l': step->list[lists++] = take_list(cursor); break;
        }
}

int program_decode(struct cursor *cursor, struct program *program) {
    uint32_t count = take_u32(cursor);
    *program = (struct program){0};
    if (cursor->bad || count > (size_t)(cursor->end - cursor->at) / 2) return EINVAL;
    program->steps = calloc((size_t)count + 1, sizeof *program->steps);
    if (!program->steps) return ENOMEM;
    program->count = count;
    for (uint32_t i = 0; i < count && !cursor->bad; i++) decode_step(cursor, &program->steps[i]);
    if (!cursor->bad) return 0;
    program_free(program);
    return EINVAL;
}

void program_free(struct program *program) {
    for (uint32_t i = 0; i < program->count; i++)
        for (unsigned j = 0; j < STEP_LISTS; j++) free(program->steps[i].list[j]);
    free(program->steps);
    *program = (struct program){0};
}
