using Mesh.Model;
using Mesh.Onnx.Runtime;
using Mesh.Testing;

namespace Mesh.Onnx.Tests.Runtime;

public sealed class OrtLibraryTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_library_says_its_version_and_providers()
    {
        var runtime = new OrtRuntime(OnnxRuntimeLibrary.File);

        runtime.Version.ShouldMatch(@"^1\.\d+\.\d+$");
        runtime.AvailableProviders.ShouldContain("CPU");
        runtime.Path.ShouldBe(OnnxRuntimeLibrary.File);
    }

    [Fact]
    public void A_library_that_is_absent_is_named() =>
        Should.Throw<MeshException>(() => new OrtRuntime(folder["libonnxruntime.so"])).ShouldSatisfyAllConditions(
            error => error.Code.ShouldBe("MESH9850"), error => error.Message.ShouldContain($"There is no file {folder["libonnxruntime.so"]}"));

    [Fact]
    public void A_file_that_is_no_library_is_refused_with_the_loaders_reason()
    {
        File.WriteAllText(folder["libonnxruntime.so"], "not a library");

        Refusal(folder["libonnxruntime.so"]).ShouldContain("libonnxruntime.so cannot be loaded: ");
    }

    [Fact]
    public void A_library_that_is_cut_off_is_refused_before_the_loader_reads_beyond_its_end()
    {
        byte[] whole = File.ReadAllBytes(OnnxRuntimeLibrary.File);
        File.WriteAllBytes(folder["libonnxruntime.so"], whole[..(whole.Length / 2)]);

        Refusal(folder["libonnxruntime.so"]).ShouldContain("is cut off");
    }

    [Theory]
    [InlineData("is a library but not ONNX Runtime: it has no OrtGetApiBase", "int something_else(void) { return 0; }")]
    [InlineData("gives no interface of ONNX Runtime", "const void* OrtGetApiBase(void) { return 0; }")]
    [InlineData("is ONNX Runtime '1.7.2', which is not supported (1.12 or a later 1.x is)", Base + """static const char* v(void) { return "1.7.2"; }""" + Export)]
    [InlineData("is ONNX Runtime '2.0.0', which is not supported", Base + """static const char* v(void) { return "2.0.0"; }""" + Export)]
    [InlineData("is ONNX Runtime 'banana', which is not supported", Base + """static const char* v(void) { return "banana"; }""" + Export)]
    [InlineData("is ONNX Runtime '', which is not supported", Base + "static const char* v(void) { return 0; }" + Export)]
    [InlineData("is ONNX Runtime 1.99.0 but grants none of the interface versions 12 to 99", Base + """static const char* v(void) { return "1.99.0"; }""" + Export)]
    public async Task A_library_that_is_not_usable_as_ONNX_Runtime_is_refused_with_the_reason(string expected, string source)
    {
        string compiler = Require.Program("cc", "apt-get install gcc libc6-dev");
        await File.WriteAllTextAsync(folder["fake.c"], source, TestContext.Current.CancellationToken);
        await ToolProcess.RunAsync(compiler, "-shared", "-fPIC", "-o", folder["libonnxruntime.so.1"], folder["fake.c"]);

        Refusal(folder["libonnxruntime.so.1"]).ShouldContain(expected);
    }

    [Theory]
    [InlineData("CUDA:device_id=0")]
    [InlineData("CUDA:no_such_option=1")]
    [InlineData("TensorRT:device_id=0")]
    [InlineData("XNNPACK:intra_op_num_threads=1")]
    [InlineData("QNN:backend_path=libQnnHtp.so")]
    [InlineData("QAic")]
    public void A_provider_that_does_not_work_here_is_refused_with_those_the_library_has(string provider)
    {
        var runtime = new OrtRuntime(OnnxRuntimeLibrary.File, new OrtOptions { Providers = [OrtProvider.Parse(provider)] });

        var error = Should.Throw<MeshException>(() => runtime.Open(TestModels.Classifier()));

        error.Code.ShouldBe("MESH9851");
        error.Message.ShouldContain($"cannot use the provider {provider.Split(':')[0]}: ");
        error.Message.ShouldContain($"are: {string.Join(", ", runtime.AvailableProviders)}.");
        TestContext.Current.TestOutputHelper?.WriteLine(error.Message);
    }

    [Fact]
    public void Refusing_the_CPU_takes_a_version_that_can()
    {
        var runtime = new OrtRuntime(OnnxRuntimeLibrary.File, new OrtOptions { Providers = [OrtProvider.Parse("CUDA")], CpuFallback = false });
        Assert.SkipWhen(Version.Parse(runtime.Version) >= new Version(1, 15), "needs a library older than 1.15");

        Should.Throw<MeshException>(() => runtime.Open(TestModels.Classifier())).Message.ShouldContain("Use 1.15 or later");
    }

    [Theory]
    [InlineData("cuda", "CUDA", 0)]
    [InlineData("CUDAExecutionProvider", "CUDA", 0)]
    [InlineData("TENSORRT:trt_fp16_enable=1,device_id=1", "TensorRT", 2)]
    [InlineData("QAicExecutionProvider:config=a=b", "QAicExecutionProvider", 1)]
    public void A_provider_is_read_from_text(string text, string name, int options)
    {
        var provider = OrtProvider.Parse(text);

        provider.Name.ShouldBe(name);
        provider.Options.Count.ShouldBe(options);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":a=b")]
    [InlineData("CUDA:device_id")]
    [InlineData("CUDA:=1")]
    public void Text_that_names_no_provider_is_refused(string text) => Should.Throw<MeshException>(() => OrtProvider.Parse(text)).Code.ShouldBe("MESH9851");

    [Fact]
    public void The_runtimes_name_lists_all_that_may_take_nodes()
    {
        string version = new OrtRuntime(OnnxRuntimeLibrary.File).Version;

        new OrtRuntime(OnnxRuntimeLibrary.File, new OrtOptions { Providers = [OrtProvider.Parse("QAicExecutionProvider")] }).Name.ShouldBe($"onnxruntime {version} QAic+CPU");
        new OrtRuntime(OnnxRuntimeLibrary.File, new OrtOptions { Providers = [OrtProvider.Parse("tensorrt"), OrtProvider.Parse("cuda")], CpuFallback = false }).Name.ShouldBe($"onnxruntime {version} TensorRT+CUDA");
        new OrtRuntime(OnnxRuntimeLibrary.File, new OrtOptions { Providers = [OrtProvider.Parse("CPU")] }).Name.ShouldBe($"onnxruntime {version} CPU");
    }

    private const string Base = "struct base { const void* (*api)(unsigned); const char* (*version)(void); }; static const void* a(unsigned n) { return 0; } ";

    private const string Export = " static const struct base b = { a, v }; const struct base* OrtGetApiBase(void) { return &b; }";

    private static string Refusal(string path)
    {
        var error = Should.Throw<MeshException>(() => new OrtRuntime(path));
        error.Code.ShouldBe("MESH9850");
        return error.Message;
    }
}
