using System.Diagnostics;
using Xunit;

namespace Mesh.Testing;

/// <summary>A server of <c>tests/foreign</c> that prints its port and runs until it is disposed.</summary>
public sealed class NodeServer : IDisposable
{
    private readonly Process process;

    private NodeServer(Process process, int port)
    {
        this.process = process;
        Port = port;
    }

    /// <summary>Port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Starts a script. Skipped when node or its packages are absent.</summary>
    public static async Task<NodeServer> StartAsync(string script, params string[] arguments)
    {
        string node = Require.Program("node", "install Node.js 20 or later");
        string folder = Path.Combine(Repository.Root, "tests", "foreign");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")), "needs the npm packages: run `npm install` in tests/foreign");
        var process = Process.Start(new ProcessStartInfo(node, [Path.Combine(folder, script), .. arguments]) { RedirectStandardOutput = true })!;
        string? line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        Assert.True(int.TryParse(line, out int port), $"{script} did not print its port but '{line}'");
        return new NodeServer(process, port);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}
