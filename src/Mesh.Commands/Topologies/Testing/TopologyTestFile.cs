using Mesh.Model;
using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Topologies.Testing;

/// <summary>A test of a topology: <c>NAME.test.yaml</c> beside <c>NAME.yaml</c>.</summary>
/// <param name="Path">The file.</param>
/// <param name="TopologyPath">The topology it tests.</param>
/// <param name="Cases">Its cases.</param>
public sealed record TopologyTestFile(string Path, string TopologyPath, IReadOnlyList<TopologyTestCase> Cases)
{
    /// <summary>Ending of a test's file name.</summary>
    public const string Extension = ".test.yaml";

    /// <summary>Reads a test, or the test of a topology when <paramref name="path"/> is one.</summary>
    /// <exception cref="MeshException"><c>MESH2320</c> with every error of the file; <c>MESH2321</c> there is no test beside a topology; <c>MESH11041</c> it cannot be read.</exception>
    public static TopologyTestFile Load(string path)
    {
        if (!path.EndsWith(Extension, StringComparison.Ordinal))
        {
            string test = System.IO.Path.ChangeExtension(path, null) + Extension;
            if (!File.Exists(test)) throw new MeshException("MESH2321", $"The topology '{path}' has no test: expected '{test}'. docs/topologies/README.md says how one is written.");
            path = test;
        }

        return Parse(RunningTopology.ReadText(path), path);
    }

    /// <summary>What is wrong with a test, in line order.</summary>
    /// <exception cref="MeshException"><c>MESH11041</c> it cannot be read.</exception>
    public static IReadOnlyList<TopologyError> Check(string path)
    {
        var errors = new TopologyErrors(path);
        TopologyTestReader.Read(RunningTopology.ReadText(path), path, errors);
        return errors.All;
    }

    /// <summary>Reads a test from its text.</summary>
    /// <exception cref="MeshException"><c>MESH2320</c> with every error of the file.</exception>
    public static TopologyTestFile Parse(string yaml, string path)
    {
        var errors = new TopologyErrors(path);
        var (topology, cases) = TopologyTestReader.Read(yaml, path, errors);
        return errors.All.Count == 0
            ? new TopologyTestFile(path, topology, cases)
            : throw new MeshException("MESH2320", $"The topology test has {errors.All.Count} {(errors.All.Count == 1 ? "error" : "errors")}:\n{string.Join('\n', errors.All)}");
    }
}
