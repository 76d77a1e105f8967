namespace Mesh.Streaming.DeadLetters;

/// <summary>
/// How many letters there are by what they can be narrowed down to. Each part counts what the rest of the filter lets through and leaves its
/// own condition aside, so that it shows what choosing another value would give.
/// </summary>
/// <param name="Stages">Letters by stage.</param>
/// <param name="Codes">Letters by code of the error.</param>
/// <param name="States">Letters by state.</param>
/// <param name="Topologies">Letters by topology.</param>
public sealed record DeadLetterFacets(
    IReadOnlyDictionary<string, long> Stages, IReadOnlyDictionary<string, long> Codes, IReadOnlyDictionary<DeadLetterState, long> States, IReadOnlyDictionary<string, long> Topologies);
