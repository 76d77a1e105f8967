namespace Mesh.Broker.Tests.Support;

/// <summary>A small disk of its own, which really fills up.</summary>
internal static class Tmpfs
{
    /// <returns>False where nothing may be mounted.</returns>
    public static async Task<bool> TryMountAsync(string folder, string size) =>
        OperatingSystem.IsLinux() && await RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder);

    public static Task<bool> UnmountAsync(string folder) => RunAsync("umount", folder);

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
