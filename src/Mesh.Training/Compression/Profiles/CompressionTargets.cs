using Mesh.Model;
using Mesh.Streaming.Topologies;

namespace Mesh.Training.Compression.Profiles;

/// <summary>The profiles that every registered model is compressed by: <c>compression/targets.yaml</c>.</summary>
public sealed record CompressionTargets
{
    /// <summary>Name in the file.</summary>
    public required string Name { get; init; }

    /// <summary>The profiles, in the order of the file.</summary>
    public required IReadOnlyList<CompressionProfile> Profiles { get; init; }

    /// <summary>Paths of vendors' tools, by program name; others are looked for on PATH.</summary>
    public required IReadOnlyDictionary<string, string> Tools { get; init; }

    /// <summary>The profiles that Mesh ships.</summary>
    public static CompressionTargets Default { get; } = ReadDefault();

    /// <summary>Reads a file's text; what is wrong is added to the errors.</summary>
    /// <returns>The profiles; null when anything is wrong.</returns>
    public static CompressionTargets? Parse(string yaml, TopologyErrors errors) => CompressionTargetsReader.Read(yaml, errors);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; null for the profiles that Mesh ships.</param>
    /// <exception cref="MeshException"><c>MESH9402</c> when it cannot be read; <c>MESH9403</c> with everything that is wrong with it.</exception>
    public static CompressionTargets Load(string? path)
    {
        if (string.IsNullOrEmpty(path)) return Default;
        string yaml;
        try
        {
            yaml = File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9402", $"The compression targets '{path}' cannot be read: {exception.Message} The setting `compression.targets` names them.", innerException: exception);
        }

        return Require(yaml, path);
    }

    /// <summary>Some of the profiles by name; all of them when none is named.</summary>
    /// <exception cref="MeshException"><c>MESH9404</c> when there is none of a name.</exception>
    public IReadOnlyList<CompressionProfile> Select(IReadOnlyList<string> names)
    {
        if (names.Count == 0) return Profiles;
        foreach (string name in names)
        {
            if (Profiles.All(profile => profile.Name != name)) throw new MeshException("MESH9404", $"There is no compression profile '{name}'; there are {string.Join(", ", Profiles.Select(profile => profile.Name))}. The setting `compression.targets` names their file.");
        }

        return [.. Profiles.Where(profile => names.Contains(profile.Name))];
    }

    private static CompressionTargets ReadDefault()
    {
        using var stream = typeof(CompressionTargets).Assembly.GetManifestResourceStream("compression-targets.yaml")!;
        using var reader = new StreamReader(stream);
        return Require(reader.ReadToEnd(), "targets.yaml");
    }

    private static CompressionTargets Require(string yaml, string path)
    {
        var errors = new TopologyErrors(path) { Subject = "The compression targets" };
        return Parse(yaml, errors) ?? throw new MeshException("MESH9403", string.Join('\n', errors.All));
    }
}
