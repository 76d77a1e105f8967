using Mesh.Commands.State;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;

namespace Mesh.Commands.Queries;

/// <summary>A state directory on which no server runs.</summary>
internal sealed class StoppedServer(StateDirectory state, RecordingStore recordings) : IServerFacts
{
    public async Task<StatusView> GetStatusAsync(CancellationToken cancellationToken) => new(
        MeshVersion.Text, Running: false, state.Root, null, null, null, null, null, [],
        await RecordingCounts.OfAsync(recordings, cancellationToken).ConfigureAwait(false), new Dictionary<string, long>(),
        new DriveInfo(state.Root).AvailableFreeSpace);

    public Task<IReadOnlyList<DeadLetterView>> ListDeadLettersAsync(CancellationToken cancellationToken) => throw new MeshException(
        "MESH11035", $"Dead letters live in the event log, which runs only with the server: `mesh up --data {state.Root}`.");
}
