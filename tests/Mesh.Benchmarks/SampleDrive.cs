using Mesh.Formats.Mcap;
using Mesh.Simulation;

namespace Mesh.Benchmarks;

/// <summary>A simulated drive in memory: mixed payloads (IMU, GNSS, PNG frames, point clouds), a few hundred megabytes at most.</summary>
internal static class SampleDrive
{
    public static async Task<byte[]> WriteAsync(McapCompression compression, int seconds)
    {
        string folder = Directory.CreateTempSubdirectory("mesh-benchmark-").FullName;
        try
        {
            string path = Path.Combine(folder, "drive.mcap");
            await SimulatedRecording.WriteAsync(path, new DriveOptions { Seed = 5, Duration = TimeSpan.FromSeconds(seconds), Compression = compression }, default);
            return await File.ReadAllBytesAsync(path);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
