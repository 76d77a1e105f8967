using Mesh.Simulation;
using Mesh.Testing;

[assembly: AssemblyFixture(typeof(Mesh.Faults.Tests.Support.Drives))]

namespace Mesh.Faults.Tests.Support;

/// <summary>A few short drives with their ground truth, made once for all tests.</summary>
public sealed class Drives : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    /// <summary>The drives, each of its own vehicle.</summary>
    public IReadOnlyList<Drive> All { get; private set; } = [];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var all = new List<Drive>();
        for (int i = 0; i < 3; i++)
        {
            var options = new DriveOptions { Seed = 40 + i, Duration = TimeSpan.FromSeconds(3), VehicleId = "V" + i, LidarPoints = 500, Schema = i == 2 ? DriveSchema.Protobuf : DriveSchema.Ros2 };
            string path = folder[$"drive{i}.mcap"];
            all.Add(new Drive(path, options.VehicleId, "", await SimulatedRecording.WriteAsync(path, options, CancellationToken.None)));
        }

        All = all;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
