using System.Collections.Concurrent;

namespace Mesh.Broker.Registry.Protobuf;

/// <summary>The files <c>google/protobuf/*.proto</c> that every compiler brings along, in printed form beside this class.</summary>
internal static class WellKnownProtos
{
    private static readonly ConcurrentDictionary<string, string?> Texts = new(StringComparer.Ordinal);

    public const string Descriptor = "google/protobuf/descriptor.proto";

    public static IEnumerable<string> Paths => typeof(WellKnownProtos).Assembly.GetManifestResourceNames().Where(name => name.StartsWith("google/", StringComparison.Ordinal));

    /// <returns>A parsed file of the caller's own, not linked; null when the path is none of them.</returns>
    public static ProtoFile? Find(string path) => Texts.GetOrAdd(path, Read) is { } text ? ProtoParser.Parse(path, text) : null;

    private static string? Read(string path)
    {
        if (!path.StartsWith("google/protobuf/", StringComparison.Ordinal)) return null;
        using var stream = typeof(WellKnownProtos).Assembly.GetManifestResourceStream(path);
        if (stream is null) return null;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
