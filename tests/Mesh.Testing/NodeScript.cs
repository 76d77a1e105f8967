using System.Text.Json;
using Xunit;

namespace Mesh.Testing;

/// <summary>Runs a script of <c>tests/foreign</c>, which holds other people's readers and clients against Mesh.</summary>
public static class NodeScript
{
    /// <summary>
    /// Runs a script with arguments and returns the JSON it printed. Skipped when node or its packages are absent; a script that fails
    /// fails the test with what it printed.
    /// </summary>
    public static async Task<JsonElement> RunAsync(string script, params string[] arguments)
    {
        string node = Require.Program("node", "install Node.js 20 or later");
        string folder = Path.Combine(Repository.Root, "tests", "foreign");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")), "needs the npm packages: run `npm install` in tests/foreign");

        string output = await ToolProcess.RunAsync(node, [Path.Combine(folder, script), .. arguments]);
        using var document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }
}
