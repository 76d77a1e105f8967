using Mesh.Model;
using Mesh.Onnx.Runtime;
using Mesh.Testing;

namespace Mesh.Onnx.Tests.Runtime;

public sealed class OnnxRuntimesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Where_there_is_none_the_evaluator_runs_models()
    {
        Find(null, Nowhere).ShouldBeOfType<Evaluator>();
        OnnxRuntimes.List(Nowhere).ShouldBeEmpty();
        OnnxRuntimes.Chosen([]).ShouldBeNull();
    }

    [Fact]
    public void ONNX_Runtime_is_preferred_where_it_is_found_and_the_evaluator_can_be_asked_for()
    {
        var search = Nowhere with { ConfiguredPath = OnnxRuntimeLibrary.File };

        Find(null, search).Name.ShouldStartWith("onnxruntime 1.");
        Find("onnxruntime", search).Name.ShouldStartWith("onnxruntime 1.");
        Find("mesh", search).ShouldBeOfType<Evaluator>();
    }

    [Fact]
    public void What_was_named_comes_before_what_was_installed_before_what_came_along_before_the_systems()
    {
        var search = new OnnxRuntimeSearch
        {
            ConfiguredPath = Put("named", "libonnxruntime.so"),
            InstalledFolder = folder["installed"],
            ApplicationFolder = folder["app"],
            SystemFolders = [folder["system"]],
        };
        Put(Path.Combine("installed", $"1.9.0-{OrtPlatform.Current}"), "libonnxruntime.so.1");
        Put(Path.Combine("installed", $"1.14.0-{OrtPlatform.Current}"), "libonnxruntime.so.1");
        Put(Path.Combine("installed", "1.30.0-plan9-mips"), "libonnxruntime.so.1");
        Put(Path.Combine("app", "runtimes", OrtPlatform.RuntimeIdentifier, "native"), "libonnxruntime.so");
        Put("system", "libonnxruntime.so.1.14");
        File.CreateSymbolicLink(folder["system", "libonnxruntime.so"], folder["system", "libonnxruntime.so.1.14"]);
        File.WriteAllText(folder["system", "libonnxruntime.so.debug"], "no library");

        var found = OnnxRuntimes.List(search);

        found.Select(runtime => (runtime.Source, Path.GetRelativePath(folder.Path, runtime.Path))).ShouldBe(
        [
            (OnnxRuntimeSource.Configured, "named/libonnxruntime.so"),
            (OnnxRuntimeSource.Installed, $"installed/1.14.0-{OrtPlatform.Current}/libonnxruntime.so.1"),
            (OnnxRuntimeSource.Installed, $"installed/1.9.0-{OrtPlatform.Current}/libonnxruntime.so.1"),
            (OnnxRuntimeSource.Application, $"app/runtimes/{OrtPlatform.RuntimeIdentifier}/native/libonnxruntime.so"),
            (OnnxRuntimeSource.System, "system/libonnxruntime.so.1.14"),
        ]);
        found.ShouldAllBe(runtime => runtime.Problem == null && runtime.Providers.Contains("CPU"));
        ((OrtRuntime)Find(null, search)).Path.ShouldBe(folder["named", "libonnxruntime.so"]);
        ((OrtRuntime)Find(null, search with { ConfiguredPath = null })).Path.ShouldContain("1.14.0");
    }

    [Fact]
    public void A_folder_may_be_named_too_that_of_the_library_or_one_that_was_installed_into()
    {
        string file = Put("named", "libonnxruntime.so.1.14");
        string installed = Put(Path.Combine("installed", $"1.14.0-{OrtPlatform.Current}"), "libonnxruntime.so.1");

        ((OrtRuntime)Find(null, Nowhere with { ConfiguredPath = folder["named"] })).Path.ShouldBe(file);
        ((OrtRuntime)Find(null, Nowhere with { ConfiguredPath = folder["installed"] })).Path.ShouldBe(installed);
    }

    [Fact]
    public void One_that_somebody_named_and_that_is_not_there_is_an_error_and_not_passed_over()
    {
        var search = Nowhere with { ConfiguredPath = folder["nowhere"], SystemFolders = [Path.GetDirectoryName(OnnxRuntimeLibrary.File)!] };

        var error = Should.Throw<MeshException>(() => Find(null, search));

        error.Code.ShouldBe("MESH9850");
        error.Message.ShouldContain($"MESH_ONNXRUNTIME is '{folder["nowhere"]}'");
        OnnxRuntimes.Chosen(OnnxRuntimes.List(search))!.Problem.ShouldBe(error.Message);
    }

    [Fact]
    public void One_of_the_system_that_cannot_be_used_is_passed_over()
    {
        Directory.CreateDirectory(folder["broken"]);
        File.WriteAllText(folder["broken", "libonnxruntime.so"], "no library");
        var search = Nowhere with { SystemFolders = [folder["broken"]] };

        Find(null, search).ShouldBeOfType<Evaluator>();
        Find(null, search with { SystemFolders = [folder["broken"], Path.GetDirectoryName(OnnxRuntimeLibrary.File)!] }).ShouldBeOfType<OrtRuntime>();
        OnnxRuntimes.List(search).ShouldHaveSingleItem().Problem!.ShouldContain("cannot be loaded");
        OnnxRuntimes.Chosen(OnnxRuntimes.List(search)).ShouldBeNull();
        Should.Throw<MeshException>(() => Find("onnxruntime", search)).Code.ShouldBe("MESH9853");
    }

    [Fact]
    public void A_runtime_nobody_knows_is_refused() =>
        Should.Throw<MeshException>(() => Find("tensorflow", Nowhere)).Message.ShouldBe("There is no runtime 'tensorflow'. Runtimes are mesh and onnxruntime.");

    [Fact]
    public void A_provider_rules_the_evaluator_out()
    {
        var options = new OrtOptions { Providers = [OrtProvider.Parse("CUDA")] };

        Should.Throw<MeshException>(() => OnnxRuntimes.Find(null, Nowhere, options, () => new Evaluator())).Message.ShouldContain("ONNX Runtime was not found");
        Should.Throw<MeshException>(() => OnnxRuntimes.Find("mesh", Nowhere, options, () => new Evaluator())).Message.ShouldContain("not on CUDA");
    }

    private OnnxRuntimeSearch Nowhere => new() { InstalledFolder = folder["none"], ApplicationFolder = null, SystemFolders = [] };

    private static IOnnxRuntime Find(string? name, OnnxRuntimeSearch search) => OnnxRuntimes.Find(name, search, new OrtOptions(), () => new Evaluator());

    private string Put(string subfolder, string name)
    {
        Directory.CreateDirectory(folder[subfolder]);
        File.Copy(OnnxRuntimeLibrary.File, folder[subfolder, name]);
        return folder[subfolder, name];
    }

    private sealed class Evaluator : IOnnxRuntime
    {
        public string Name => "mesh test";

        public IOnnxSession Open(ReadOnlyMemory<byte> model) => throw new NotSupportedException();
    }
}
