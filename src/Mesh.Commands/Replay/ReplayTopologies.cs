using System.Globalization;
using Mesh.Commands.Ingest;
using Mesh.Lakehouse.Topologies;
using Mesh.Model;
using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Replay;

/// <summary>Topologies by name and version, as they were applied last; also those that are not in force any more.</summary>
/// <param name="store">Where they are kept.</param>
/// <param name="spillFolder">For what synchronise spills.</param>
internal sealed class ReplayTopologies(TopologyStore store, string spillFolder)
{
    /// <summary>Resolves <c>NAME</c> (its newest version in force, else the newest) or <c>NAME@V</c>.</summary>
    /// <exception cref="MeshException"><c>MESH2361</c>: there is none.</exception>
    public async ValueTask<StoredTopology> ResolveAsync(string text, CancellationToken cancellationToken)
    {
        string[] parts = text.Split('@');
        var known = await store.ListAsync(cancellationToken).ConfigureAwait(false);
        var named = known.Where(topology => topology.Name == parts[0]).OrderByDescending(topology => topology.IsActive).ThenByDescending(topology => topology.Version).ToList();
        var found = parts.Length == 1 ? named.FirstOrDefault()
            : parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int version) ? named.Find(topology => topology.Version == version)
            : null;
        return found ?? throw new MeshException(
            "MESH2361", $"There is no topology '{text}'. There are: {string.Join(", ", known.Select(topology => topology.FullName))}. Apply a new one with `mesh topology apply FILE`.");
    }

    /// <summary>What a topology asks of decode, synchronise and partition.</summary>
    /// <exception cref="MeshException"><c>MESH2361</c>: there is no such topology; <c>MESH2362</c>: it cannot be read any more.</exception>
    public async ValueTask<IngestOptions> LoadAsync(string name, string version, CancellationToken cancellationToken)
    {
        var stored = await ResolveAsync($"{name}@{version}", cancellationToken).ConfigureAwait(false);
        var topology = Topology.Parse(stored.Yaml, stored.FileName);
        var options = IngestOptions.Read(topology);
        var errors = topology.Errors.All;
        return errors.Count == 0
            ? options with { SpillFolder = spillFolder }
            : throw new MeshException("MESH2362", $"Topology {stored.FullName} cannot be used as it is: {errors[0]} Correct its file and apply it again with `mesh topology apply`.");
    }
}
