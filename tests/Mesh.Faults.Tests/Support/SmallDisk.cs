using System.Diagnostics;

namespace Mesh.Faults.Tests.Support;

/// <summary>A disk of a few megabytes on a folder, which can be filled.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string folder;

    private SmallDisk(string folder) => this.folder = folder;

    private string Filler => Path.Combine(folder, "filler");

    /// <summary>Mounts one; null without the right to.</summary>
    public static async Task<SmallDisk?> TryMountAsync(string folder, int megabytes) =>
        OperatingSystem.IsLinux() && await RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder) ? new SmallDisk(folder) : null;

    /// <summary>Takes all space but so many bytes.</summary>
    /// <returns>Whether the disk really became full on the way.</returns>
    public bool Fill(long leave)
    {
        using var file = File.Create(Filler);
        byte[] block = new byte[64 << 10];
        bool isFull = false;
        try
        {
            while (true) file.Write(block);
        }
        catch (IOException)
        {
            isFull = true;
        }

        if (leave > 0) file.SetLength(Math.Max(0, file.Length - leave));
        return isFull;
    }

    /// <summary>Gives the space back.</summary>
    public void Free() => File.Delete(Filler);

    public async ValueTask DisposeAsync() => (await RunAsync("umount", "-l", folder)).ShouldBeTrue();

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
