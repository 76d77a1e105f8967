using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Lakehouse.Recordings;

/// <summary>What became of one input of a synchronised group: samples = used + unmatched, frames = matched + missing.</summary>
/// <param name="Group">Name of the group in the topology.</param>
/// <param name="Input">Name of the input's column.</param>
/// <param name="Channel">Whose samples it takes.</param>
/// <param name="Frames">Of the group.</param>
/// <param name="Samples">Of the channel.</param>
/// <param name="UsedSamples">In at least one frame.</param>
/// <param name="Matched">Frames with a value.</param>
/// <param name="Interpolated">Of them, whose value lies between two samples.</param>
/// <param name="Ambiguous">Of them, with a value that could be another just as well.</param>
/// <param name="MaxMatchErrorNs">Largest distance of a frame to the nearest sample, nanoseconds.</param>
/// <param name="MeanMatchErrorNs">Mean of these distances, nanoseconds.</param>
/// <param name="Missing">Frames without a value, by reason.</param>
/// <param name="Unmatched">Samples in no frame, by reason.</param>
public sealed record RecordingInputEntry(
    string Group, string Input, string Channel, long Frames, long Samples, long UsedSamples, long Matched, long Interpolated, long Ambiguous,
    long MaxMatchErrorNs, long MeanMatchErrorNs, IReadOnlyDictionary<string, long> Missing, IReadOnlyDictionary<string, long> Unmatched)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    /// <summary>The entries as events carry them: a JSON array, empty text for none.</summary>
    public static string Write(IReadOnlyList<RecordingInputEntry> entries) => entries.Count == 0 ? "" : JsonSerializer.Serialize(entries, Json);

    /// <summary>The entries that an event carries.</summary>
    /// <exception cref="JsonException">The text is none.</exception>
    public static IReadOnlyList<RecordingInputEntry> Read(string text) => text.Length == 0 ? [] : JsonSerializer.Deserialize<RecordingInputEntry[]>(text, Json) ?? [];
}
