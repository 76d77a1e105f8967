using System.ComponentModel;
using System.Diagnostics;
using Mesh.Model;

namespace Mesh.Onnx.Runtime;

/// <summary>Fetches packages by the npm that is installed, so that the user's registry, proxy and credentials hold.</summary>
internal static class NpmClient
{
    /// <summary>Fetches a package's archive without running anything of it.</summary>
    /// <param name="package">Name and version, <c>NAME@VERSION</c>.</param>
    /// <param name="folder">Where the archive is written to; empty.</param>
    /// <returns>The archive.</returns>
    /// <exception cref="MeshException"><c>MESH9856</c>: npm is absent or failed.</exception>
    public static async Task<string> PackAsync(string package, string folder, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["pack", package, "--pack-destination", folder, "--ignore-scripts", "--loglevel=error"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Start(start, package);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            await output.ConfigureAwait(false);
            if (process.ExitCode != 0) throw Failed(package, $"npm ended with {process.ExitCode}: {Excerpt(await errors.ConfigureAwait(false))}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return Directory.EnumerateFiles(folder, "*.tgz").FirstOrDefault() ?? throw Failed(package, "npm wrote no archive");
    }

    private static Process Start(ProcessStartInfo start, string package)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw Failed(package, "npm is not on the PATH", exception);
        }
    }

    private static string Excerpt(string errors)
    {
        var lines = errors.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Replace("npm ERR! ", "", StringComparison.Ordinal).Replace("npm error ", "", StringComparison.Ordinal));
        string excerpt = string.Join("; ", lines.Take(3));
        return excerpt.Length == 0 ? "it gave no reason" : excerpt;
    }

    private static MeshException Failed(string package, string what, Exception? inner = null) =>
        new("MESH9856", $"{package} could not be fetched: {what.TrimEnd('.')}. Install Node.js with npm, or run `npm pack {package}` where there is one and give the archive by --from.", innerException: inner);
}
