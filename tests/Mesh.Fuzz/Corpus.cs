using Mesh.Testing;

namespace Mesh.Fuzz;

/// <summary>Sound files: those of other people where they are there, and generated ones.</summary>
public static class Corpus
{
    private const int MaxBytes = 300_000;

    /// <summary>Real files whose names end in one of these, sorted by name; files of equal content once.</summary>
    public static List<FuzzSample> Find(int maxBytes, params string[] endings)
    {
        List<FuzzSample> samples = [];
        if (TestData.Root is not { } root) return samples;
        HashSet<string> seen = [];
        foreach (string path in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (!endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase))) continue;
            long length = new FileInfo(path).Length;
            if (length == 0 || length > maxBytes) continue;

            // The conformance suite is hundreds of files of nearly the same bytes.
            if (path.Contains("/conformance/", StringComparison.Ordinal) && seen.Count % 8 != 0 && !seen.Add(path)) continue;
            byte[] bytes = File.ReadAllBytes(path);
            if (!seen.Add(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes)))) continue;
            samples.Add(new FuzzSample(Path.GetFileName(path), bytes) { Beside = BesideOf(path) });
        }

        return samples;
    }

    /// <inheritdoc cref="Find(int, string[])"/>
    public static List<FuzzSample> Find(params string[] endings) => Find(MaxBytes, endings);

    private static System.Collections.Immutable.ImmutableDictionary<string, byte[]> BesideOf(string path)
    {
        var beside = System.Collections.Immutable.ImmutableDictionary<string, byte[]>.Empty;
        foreach (string other in new[] { path + "-wal", Path.Combine(Path.GetDirectoryName(path)!, "metadata.yaml") })
        {
            if (File.Exists(other)) beside = beside.Add(Path.GetFileName(other), File.ReadAllBytes(other));
        }

        return beside;
    }
}
