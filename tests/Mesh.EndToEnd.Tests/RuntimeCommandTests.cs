using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary><c>mesh runtime</c>, as users run it: the library comes from npm's package, here by a folder's copy of it or by an npm of the test's own.</summary>
public sealed class RuntimeCommandTests : IDisposable
{
    private const string Version = "1.14.0";

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Installed => folder["data", "mesh", "runtimes", "onnxruntime"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task ONNX_Runtime_is_installed_from_an_archive_found_named_by_the_doctor_and_removed()
    {
        var (archive, digest) = await PackAsync();
        (await ListAsync()).ShouldHaveSingleItem().GetProperty("name").GetString().ShouldBe("mesh");

        var (code, output, errors) = await RunAsync("runtime", "install", "onnxruntime", "--from", archive, "--integrity", digest);

        code.ShouldBe(0, errors);
        output.ShouldStartWith($"onnxruntime {Version} for ");
        output.ShouldContain(" installed: ");
        var listed = await ListAsync();
        listed.Select(runtime => runtime.GetProperty("name").GetString()).ShouldBe(["onnxruntime", "mesh"]);
        listed[0].GetProperty("version").GetString().ShouldBe(Version);
        listed[0].GetProperty("providers").EnumerateArray().Select(name => name.GetString()).ShouldContain("CPU");
        listed[0].GetProperty("from").GetString().ShouldBe("installed");
        listed.Select(runtime => runtime.GetProperty("is_used").GetBoolean()).ShouldBe([true, false]);
        (await RunAsync("runtime", "install", "onnxruntime", "--version", Version, "--integrity", digest)).Output.ShouldContain("was installed already");
        (await RunAsync("doctor")).Output.ShouldContain($"found, version {Version} with CPU");

        (await RunAsync("runtime", "remove", "onnxruntime")).ExitCode.ShouldBe(0);

        (await ListAsync()).ShouldHaveSingleItem();
        (await RunAsync("doctor")).Output.ShouldContain("not found: models are run by Mesh's own evaluator");
        (await RunAsync("runtime", "remove", "onnxruntime")).Errors.ShouldContain("MESH9859");
    }

    [Fact]
    public async Task A_folder_of_ones_own_is_found_where_it_is_named()
    {
        var (archive, digest) = await PackAsync();
        (await RunAsync("runtime", "install", "onnxruntime", "--from", archive, "--integrity", digest, "--dir", folder["own"])).Output.ShouldContain($"is {folder["own"]}");
        await File.WriteAllTextAsync(folder["mesh.yaml"], $"onnx: {{ runtime: {{ path: {folder["own"]} }} }}\n", Stop);

        (await ListAsync()).ShouldHaveSingleItem();
        (await ListAsync("--config", folder["mesh.yaml"]))[0].GetProperty("from").GetString().ShouldBe("configured");
        var (_, output, _) = await RunWithAsync(new() { ["MESH_ONNXRUNTIME"] = folder["nowhere"] }, "runtime", "list");
        output.ShouldContain($"MESH_ONNXRUNTIME is '{folder["nowhere"]}': There is no file");
    }

    [Fact]
    public async Task Another_archive_than_the_one_that_is_known_is_refused()
    {
        var (archive, _) = await PackAsync();

        var (code, _, errors) = await RunAsync("runtime", "install", "onnxruntime", "--version", Version, "--from", archive);

        code.ShouldBe(1);
        errors.ShouldStartWith("error MESH9855: ");
        Directory.EnumerateDirectories(Installed).ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_npm_it_says_what_to_do()
    {
        await WriteNpmAsync("exit 1");
        var (_, _, failed) = await RunWithAsync(NpmFirst(), "runtime", "install", "onnxruntime");
        failed.ShouldContain("MESH9856: onnxruntime-node@");
        failed.ShouldContain("npm ended with 1: it gave no reason");
        failed.ShouldContain("give the archive by --from");
    }

    [Fact]
    public async Task Killed_while_npm_fetches_it_leaves_no_version_and_the_next_installation_works()
    {
        var (archive, digest) = await PackAsync();
        // Half of the archive, then silence.
        await WriteNpmAsync($"head -c 1000000 '{archive}' > \"$4/onnxruntime-node.tgz\"; touch '{folder["half"]}'; exec sleep 600");
        await using (var doomed = MeshProcess.Start(Environment(NpmFirst()), "runtime", "install", "onnxruntime", "--version", Version, "--integrity", digest))
        {
            await doomed.WaitUntilAsync(() => File.Exists(folder["half"]), "half of the archive");
            await doomed.KillAsync();
        }

        (await ListAsync()).ShouldHaveSingleItem();
        Directory.EnumerateDirectories(Installed).Select(Path.GetFileName).ShouldAllBe(name => name!.StartsWith(".tmp-"));

        await WriteNpmAsync($"cp '{archive}' \"$4/onnxruntime-node.tgz\"");
        var (code, _, errors) = await RunWithAsync(NpmFirst(), "runtime", "install", "onnxruntime", "--version", Version, "--integrity", digest);

        code.ShouldBe(0, errors);
        errors.ShouldContain($"npm fetches onnxruntime-node {Version}");
        Directory.EnumerateDirectories(Installed).ShouldHaveSingleItem();
        (await ListAsync())[0].GetProperty("is_used").GetBoolean().ShouldBeTrue();
    }

    /// <summary>An archive as <c>npm pack</c> writes it, from the package that is installed for the tests.</summary>
    private async Task<(string Archive, string Digest)> PackAsync()
    {
        string source = OnnxRuntimeLibrary.Package;
        string napi = Path.GetFileName(Directory.EnumerateDirectories(Path.Combine(source, "bin")).Single());
        string archive = folder["onnxruntime-node.tgz"];
        await ToolProcess.RunAsync("tar", "-czf", archive, "-C", source, "--transform", "s,^,package/,", "package.json", $"bin/{napi}/linux");
        return (archive, "sha512-" + Convert.ToBase64String(SHA512.HashData(await File.ReadAllBytesAsync(archive, Stop))));
    }

    private async Task WriteNpmAsync(string commands)
    {
        Directory.CreateDirectory(folder["npm"]);
        await File.WriteAllTextAsync(folder["npm", "npm"], $"#!/bin/sh\n{commands}\n", Stop);
        await ToolProcess.RunAsync("chmod", "+x", folder["npm", "npm"]);
    }

    private Dictionary<string, string> NpmFirst() => new() { ["PATH"] = $"{folder["npm"]}:{System.Environment.GetEnvironmentVariable("PATH")}" };

    private Dictionary<string, string> Environment(Dictionary<string, string> more)
    {
        // Empty is as good as unset: whoever runs the tests may have one named.
        var environment = new Dictionary<string, string>(more) { ["XDG_DATA_HOME"] = folder["data"] };
        environment.TryAdd("MESH_ONNXRUNTIME", "");
        return environment;
    }

    private async Task<IReadOnlyList<JsonElement>> ListAsync(params string[] arguments)
    {
        var (code, output, errors) = await RunAsync(["runtime", "list", "--json", .. arguments]);
        code.ShouldBe(0, errors);
        using var document = JsonDocument.Parse(output);
        // What the machine itself has is none of the test's business.
        return [.. document.RootElement.Clone().EnumerateArray().Where(runtime => runtime.GetProperty("from").GetString() != "system")];
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments) => RunWithAsync([], arguments);

    private async Task<(int ExitCode, string Output, string Errors)> RunWithAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        await using var mesh = MeshProcess.Start(Environment(environment), arguments);
        await mesh.WaitForExitAsync();
        return (mesh.ExitCode, mesh.Output, mesh.Errors);
    }
}
