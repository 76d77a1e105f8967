using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Benchmarks.Broker;

/// <summary>What the disk does without a broker.</summary>
internal static class DiskProbe
{
    /// <summary>Sorted times of appending and synchronising, in milliseconds.</summary>
    public static List<double> SynchronisedWrites(string path, int bytes, double seconds)
    {
        var times = new List<double>();
        byte[] block = new byte[bytes];
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            var clock = Stopwatch.StartNew();
            for (long at = 0; clock.Elapsed.TotalSeconds < seconds; at += bytes)
            {
                long started = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, block, at);
                if (fdatasync(file) != 0) throw new IOException("fdatasync failed");
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }

        File.Delete(path);
        times.Sort();
        return times;
    }

    /// <summary>Megabytes per second of a file written in megabytes and synchronised at the end.</summary>
    public static double SequentialWrite(string path, long bytes)
    {
        byte[] block = new byte[1 << 20];
        new Random(1).NextBytes(block);
        var clock = Stopwatch.StartNew();
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            for (long at = 0; at < bytes; at += block.Length) RandomAccess.Write(file, block, at);
            if (fdatasync(file) != 0) throw new IOException("fdatasync failed");
        }

        double speed = bytes / 1e6 / clock.Elapsed.TotalSeconds;
        File.Delete(path);
        return speed;
    }

    public static void SynchroniseFileSystem(string folder)
    {
        using var process = Process.Start("sync", ["-f", folder]);
        process.WaitForExit();
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int fdatasync(SafeFileHandle file);
}
