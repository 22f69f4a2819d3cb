"""Permutations of coordinates that map a finite set of vectors onto itself, found as automorphisms of a colored graph.

The graph has a vertex for each vector, each coordinate that some vector uses, and each non-zero entry; an entry is
joined to its vector and its coordinate. Colors: vectors one color, permutable coordinates one, each fixed coordinate
its own, entries by value. BLISS (through igraph) returns generators of the automorphism group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

__all__ = ["Permutation", "Vector", "find_symmetries", "move", "vector_orbits"]

Vector = tuple[tuple[int, Fraction], ...]  # sorted (coordinate, non-zero value)
Permutation = Mapping[int, int]  # coordinate -> where it is sent; coordinates not listed stay


def move(permutation: Permutation, vector: Vector) -> Vector:
    """The vector with its coordinates sent where the permutation sends them.

    Examples
    --------
    >>> move({0: 2, 2: 0}, ((0, Fraction(1)),))
    ((2, Fraction(1, 1)),)
    """
    return tuple(sorted((permutation.get(i, i), x) for i, x in vector))


def find_symmetries(vectors: Sequence[Vector], *, is_permutable: Callable[[int], bool]) -> tuple[Permutation, ...]:
    """Generators of the group of coordinate permutations that map a set of distinct vectors onto itself.

    **Guarantee:** each generator is exact; together they generate the whole group on the coordinates in use.
    **Cost:** that of graph automorphism, near-linear in the non-zero entries on almost all inputs.

    Parameters
    ----------
    vectors
        Distinct sparse vectors.
    is_permutable
        Whether a coordinate may move.
    """
    import igraph

    coordinates = sorted({i for v in vectors for i, _ in v})
    values = {x: k for k, x in enumerate(sorted({x for v in vectors for _, x in v}))}
    first_coordinate = len(vectors)
    vertex_of = {c: first_coordinate + k for k, c in enumerate(coordinates)}
    colors = [0] * len(vectors)
    n_colors = 2 + len(values)
    for c in coordinates:
        if is_permutable(c):
            colors.append(1)
        else:
            colors.append(n_colors)
            n_colors += 1
    edges: list[tuple[int, int]] = []
    for row, vector in enumerate(vectors):
        for c, x in vector:
            if len(values) == 1:
                edges.append((row, vertex_of[c]))
            else:
                edges.extend(((row, len(colors)), (len(colors), vertex_of[c])))
                colors.append(2 + values[x])
    graph = igraph.Graph(n=len(colors), edges=edges)
    generators = graph.automorphism_group(color=colors)
    found = (
        {c: coordinates[g[vertex_of[c]] - first_coordinate] for c in coordinates if g[vertex_of[c]] != vertex_of[c]}
        for g in generators
    )
    return tuple(p for p in found if p)


def vector_orbits(vectors: Sequence[Vector], generators: Sequence[Permutation]) -> list[list[int]]:
    """Positions of the vectors, by orbit under the generated group; the vectors' set is mapped onto itself."""
    from scipy.cluster.hierarchy import DisjointSet

    position = {v: k for k, v in enumerate(vectors)}
    sets = DisjointSet(range(len(vectors)))
    for generator in generators:
        for vector, k in position.items():
            sets.merge(k, position[move(generator, vector)])
    return sorted(sorted(members) for members in sets.subsets())
