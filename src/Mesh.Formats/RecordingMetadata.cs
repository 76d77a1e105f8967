namespace Mesh.Formats;

/// <summary>A named group of key-value pairs of a recording.</summary>
/// <param name="Name">Name of the group.</param>
/// <param name="Values">The pairs.</param>
public sealed record RecordingMetadata(string Name, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>Whether it describes this file, its version and layout, rather than what was recorded; a copy is another file and leaves it out.</summary>
    public bool OfFile { get; init; }
}
