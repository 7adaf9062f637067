// Makes the Huffman tables that code an output in the fewest bits (T.81, annexes C and K.2).

#include "scans.h"

#include <string.h>

enum { LEAVES = SYMBOLS + 1, NODES = 2 * LEAVES };
enum { TABLE_BITS = 8 * 32 };           // of a table without its symbols, and of the header of a scan

typedef struct {
    uint32_t counts[NODES];             // of uses: first the leaves, ascending, then the nodes in the order in which they are made
    uint16_t parents[NODES], symbols[LEAVES];
    uint32_t leaves;
} Tree;

// Leaf 0 is the code of all ones, which is reserved.
static void add_leaves(Tree *tree, const uint32_t *uses) {
    tree->counts[0] = 0, tree->symbols[0] = 0, tree->leaves = 1;
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        if (uses[symbol] == 0) continue;
        uint32_t at = tree->leaves++;
        for (; at > 1 && tree->counts[at - 1] > uses[symbol]; at--)
            tree->counts[at] = tree->counts[at - 1], tree->symbols[at] = tree->symbols[at - 1];
        tree->counts[at] = uses[symbol], tree->symbols[at] = (uint16_t)symbol;
    }
}

// Joins the two rarest again and again. Returns the root.
static uint32_t join(Tree *tree) {
    uint32_t leaf = 0, node = tree->leaves, end = tree->leaves;
    while (leaf < tree->leaves ? leaf + 1 < tree->leaves || node < end : node + 1 < end) {
        tree->counts[end] = 0;
        for (int i = 0; i < 2; i++) {
            int is_leaf = leaf < tree->leaves && (node == end || tree->counts[leaf] <= tree->counts[node]);
            uint32_t rarest = is_leaf ? leaf++ : node++;
            tree->counts[end] += tree->counts[rarest], tree->parents[rarest] = (uint16_t)end;
        }
        end++;
    }
    return end - 1;
}

// Limits codes to 16 bits: one of a pair takes its prefix, the other and a shorter code split that one.
static void limit(uint32_t *counts) {
    for (uint32_t length = LEAVES - 1; length > LONGEST_CODE; length--) {
        while (counts[length]) {
            uint32_t shorter = length - 2;
            while (counts[shorter] == 0) shorter--;
            counts[length] -= 2, counts[length - 1]++;
            counts[shorter + 1] += 2, counts[shorter]--;
        }
    }
}

static void make_table(const uint32_t *uses, Table *table) {
    Tree tree;
    uint16_t depths[NODES];
    uint32_t counts[LEAVES + 1] = {0};
    add_leaves(&tree, uses);
    memset(table, 0, sizeof *table);
    if (tree.leaves == 1) return;
    uint32_t root = join(&tree);
    depths[root] = 0;
    for (uint32_t i = root; i-- > 0;) {
        depths[i] = (uint16_t)(depths[tree.parents[i]] + 1);
        if (i < tree.leaves) counts[depths[i]]++;
    }
    limit(counts);
    uint32_t longest = LONGEST_CODE;
    while (counts[longest] == 0) longest--;
    counts[longest]--;                  // the reserved code
    for (uint32_t i = 0; i < LONGEST_CODE; i++) table->counts[i] = (uint8_t)counts[i + 1];
    for (uint32_t i = 1; i < tree.leaves; i++) table->symbols[i - 1] = (uint8_t)tree.symbols[tree.leaves - i];
}

static void make_codes(const Table *table, Code *codes) {
    memset(codes, 0, SYMBOLS * sizeof *codes);
    uint32_t code = 0;
    const uint8_t *symbol = table->symbols;
    for (uint16_t length = 1; length <= LONGEST_CODE; length++, code <<= 1)
        for (uint32_t n = table->counts[length - 1]; n > 0; n--) codes[*symbol++] = (Code){(uint16_t)code++, length};
}

// The bits that follow a symbol's code: those of the value, or of a run of blocks (T.81, G.1.2.2).
static uint32_t extra_bits(uint32_t table, uint32_t symbol) {
    if (symbol % 16 || table < SEQUENTIAL_AC || symbol == ZEROS) return symbol % 16;
    return symbol / 16;
}

uint64_t make_tables(Output *output, uint32_t first, uint32_t count) {
    uint64_t bits = 0;
    for (uint32_t i = first; i < first + count; i++) {
        make_table(output->histogram[i], &output->tables[i]);
        make_codes(&output->tables[i], output->codes[i]);
        bits += TABLE_BITS;
        for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
            uint64_t uses = output->histogram[i][symbol];
            if (uses) bits += 8 + uses * (output->codes[i][symbol].length + extra_bits(i, symbol));
        }
    }
    return bits / 8;
}
