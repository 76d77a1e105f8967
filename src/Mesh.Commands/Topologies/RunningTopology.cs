using System.Text;
using Mesh.Commands.State;
using Mesh.Model;
using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Topologies;

/// <summary>Where topologies come from: files, the built-in one, or what the last server on a state directory ran.</summary>
public static class RunningTopology
{
    private const string BuiltInName = "fleet-ingest.yaml";

    /// <summary>Reads a file, or the built-in topology when <paramref name="path"/> is null.</summary>
    /// <exception cref="MeshException"><c>MESH11041</c> when the file cannot be read.</exception>
    public static Topology Load(string? path)
    {
        if (path is null)
        {
            using var resource = typeof(RunningTopology).Assembly.GetManifestResourceStream(BuiltInName)!;
            using var reader = new StreamReader(resource);
            return Topology.Parse(reader.ReadToEnd(), BuiltInName);
        }

        return Topology.Parse(ReadText(path), path);
    }

    /// <summary>Text of a file.</summary>
    /// <exception cref="MeshException"><c>MESH11041</c> when the file cannot be read.</exception>
    public static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH11041", $"Cannot read the topology '{path}': {exception.Message}", innerException: exception);
        }
    }

    /// <summary>Leaves copies for commands that read the state directory.</summary>
    public static void Write(StateDirectory state, IReadOnlyCollection<Topology> topologies)
    {
        string folder = Folder(state);
        Directory.CreateDirectory(folder);
        var names = topologies.ToDictionary(topology => $"{topology.Name}@{topology.Version}.yaml");
        foreach (var (name, topology) in names) AtomicFile.Write(Path.Combine(folder, name), Encoding.UTF8.GetBytes(topology.Yaml));
        foreach (string file in Directory.GetFiles(folder).Where(file => !names.ContainsKey(Path.GetFileName(file)))) File.Delete(file);
        File.Delete(OldFile(state));
    }

    /// <summary>The topologies that the last server on this folder ran; the built-in one when none ever did.</summary>
    public static IReadOnlyList<Topology> Read(StateDirectory state)
    {
        string[] files = Directory.Exists(Folder(state)) ? Directory.GetFiles(Folder(state), "*.yaml") : [];
        if (files.Length > 0) return [.. files.Order(StringComparer.Ordinal).Select(Load)];
        return [Load(File.Exists(OldFile(state)) ? OldFile(state) : null)];
    }

    private static string Folder(StateDirectory state) => Path.Combine(state.Run, "topologies");

    private static string OldFile(StateDirectory state) => Path.Combine(state.Run, "topology.yaml");
}
