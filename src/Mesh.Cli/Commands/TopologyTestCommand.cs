using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Topologies.Testing;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh topology test</c>: runs what stands in <c>*.test.yaml</c>.</summary>
internal static class TopologyTestCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Test files, topologies with a test beside them, or folders (default: the folder topologies, else this one).", Arity = ArgumentArity.ZeroOrMore };
        var json = CommonOptions.Json();
        var command = new Command("test", "Run topology tests: each case on a lake of its own in a temporary folder.") { files, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var tests = FilesOf(parsed.GetValue(files)!).Select(TopologyTestFile.Load).ToList();
            var results = new List<TopologyTestResult>();
            foreach (var test in tests)
            {
                foreach (var item in test.Cases)
                {
                    var result = await TopologyTestRunner.RunAsync(test, item, TimeProvider.System, cancellationToken).ConfigureAwait(false);
                    results.Add(result);
                    if (!parsed.GetValue(json)) Print(result);
                }
            }

            int failed = results.Count(result => !result.Passed);
            if (parsed.GetValue(json)) Printer.Json(results);
            else Terminal.Out.WriteLine($"{results.Count} cases, {failed} failed");
            return failed == 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    private static IEnumerable<string> FilesOf(string[] given)
    {
        if (given.Length == 0) given = [Directory.Exists("topologies") ? "topologies" : "."];
        var files = given.SelectMany(path => Directory.Exists(path) ? Directory.GetFiles(path, $"*{TopologyTestFile.Extension}").Order(StringComparer.Ordinal) : (IEnumerable<string>)[path]).ToList();
        return files.Count > 0 ? files : throw new MeshException("MESH2321", $"There is no *{TopologyTestFile.Extension} in {string.Join(", ", given)}. Name a file, or a topology with its test beside it.");
    }

    private static void Print(TopologyTestResult result)
    {
        string seconds = result.Seconds.ToString("0.0", CultureInfo.InvariantCulture);
        Terminal.Out.WriteLine($"{(result.Passed ? "passed" : "FAILED")}  {result.File}: {result.Case} ({seconds} s)");
        foreach (string difference in result.Differences) Terminal.Out.WriteLine($"        {difference}");
    }
}
