using System.Collections.Immutable;
using Mesh.Fuzz;
using Mesh.Testing;

namespace Mesh.Formats.Tests.RealFiles;

/// <summary>The recordings of the shared test data.</summary>
internal static class RealRecordings
{
    private static readonly string[] Endings = [".mcap", ".mf4", ".mdf", ".mfc", ".mfe", ".mfm", ".bag", ".db3", ".db3.zstd", ".blf", ".asc", ".trc"];

    /// <summary>Paths below the root, with slashes, sorted.</summary>
    public static IReadOnlyList<string> All() =>
    [
        .. Directory.EnumerateFiles(TestData.PathOf(), "*", SearchOption.AllDirectories)
            .Where(path => Endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            .Select(path => Path.GetRelativePath(TestData.Root!, path)).Where(path => !path.StartsWith("sync/", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];

    /// <summary>A file with what lies beside it: a write-ahead log and <c>metadata.yaml</c>.</summary>
    public static FuzzSample Load(string path)
    {
        string file = TestData.PathOf(path.Split('/'));
        var beside = ImmutableDictionary<string, byte[]>.Empty;
        foreach (string other in new[] { file + "-wal", Path.Combine(Path.GetDirectoryName(file)!, "metadata.yaml") })
        {
            if (File.Exists(other)) beside = beside.Add(Path.GetFileName(other), File.ReadAllBytes(other));
        }

        return new FuzzSample(Path.GetFileName(file), File.ReadAllBytes(file)) { Beside = beside };
    }
}
