using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Formats.Mdf4;
using Mesh.Formats.RosBag;
using Mesh.Model;

namespace Mesh.Commands.Recordings;

/// <summary>Formats that recordings are written in, and their writers.</summary>
internal static class OutputFormats
{
    /// <summary>The format that a file name asks for; null when it is none that a recording is written in.</summary>
    public static RecordingFormat? Of(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".mcap" => RecordingFormat.Mcap,
        ".mf4" or ".mdf" or ".mdf4" => RecordingFormat.Mdf4,
        ".bag" => RecordingFormat.Ros1Bag,
        _ => null,
    };

    /// <exception cref="MeshException"><c>MESH10603</c>: no such format can be written.</exception>
    public static RecordingFormat Require(string path, RecordingFormat? format) =>
        format ?? Of(path) ?? throw new MeshException("MESH10603", $"'{path}' does not say what to write. Use one of the extensions .mcap, .mf4, .bag, .parquet or .arrow.");

    public static string ExtensionOf(RecordingFormat format) => format switch
    {
        RecordingFormat.Mdf4 => ".mf4",
        RecordingFormat.Ros1Bag => ".bag",
        _ => ".mcap",
    };

    /// <summary>Whether readers of that format understand payloads as they are.</summary>
    public static bool Carries(RecordingFormat output, RecordingFormat input) => output switch
    {
        RecordingFormat.Mcap => input is RecordingFormat.Mcap or RecordingFormat.Ros1Bag or RecordingFormat.Ros2Bag,
        RecordingFormat.Mdf4 => input is RecordingFormat.Mdf4 or RecordingFormat.Mdf3,
        RecordingFormat.Ros1Bag => input is RecordingFormat.Ros1Bag or RecordingFormat.Mcap,
        _ => false,
    };

    /// <exception cref="MeshException"><c>MESH10604</c>: the format has no such compression.</exception>
    public static RecordingWriter CreateWriter(RecordingFormat format, Stream output, string compression) => format switch
    {
        RecordingFormat.Mcap => new McapRecordingWriter(output, new McapWriterOptions { Compression = Choose(compression, McapCompression.Zstd) }),
        RecordingFormat.Mdf4 => new Mdf4RecordingWriter(output, new Mdf4WriterOptions { Compression = Choose(compression, Mdf4Compression.Deflate) }),
        RecordingFormat.Ros1Bag => new Ros1BagWriter(output, new Ros1BagWriterOptions { Compression = Choose(compression, Ros1BagCompression.Lz4) }),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Not a format that is written."),
    };

    internal static T Choose<T>(string name, T fallback) where T : struct, Enum =>
        name.Length == 0 ? fallback
        : Enum.TryParse<T>(name, ignoreCase: true, out var chosen) ? chosen
        : throw new MeshException("MESH10604", $"Compression '{name}' is not one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}.");
}
