using Mesh.Model;
using Mesh.Onnx;
using Mesh.Training.Compression;
using Mesh.Training.Compression.Profiles;
using Mesh.Training.Compression.Targets;

namespace Mesh.Training.Tests.Compression;

public class TritonConfigurationTests
{
    private static readonly CompressionProfile Profile = new()
    {
        Name = "t", Target = VariantTarget.Triton, Precision = ProfilePrecision.Int8, Batch = new ProfileBatch(1, 8, 32), Triton = new ProfileTriton { Instances = 2 },
    };

    [Fact]
    public void Open_batches_are_the_servers_and_other_sizes_are_the_models()
    {
        var signature = Signature([new("image", OnnxElementType.Float, [null, 3, null, 224])], [new("logits", OnnxElementType.Float, [null, 10]), new("score", OnnxElementType.Float16, [null])]);

        TritonConfiguration.Write("signs", signature, Profile, null, null).ShouldBe(
            """
            name: "signs"
            backend: "onnxruntime"
            max_batch_size: 32
            input [ { name: "image" data_type: TYPE_FP32 dims: [ 3, -1, 224 ] } ]
            output [ { name: "logits" data_type: TYPE_FP32 dims: [ 10 ] } ]
            output [ { name: "score" data_type: TYPE_FP16 dims: [ 1 ] reshape { shape: [ ] } } ]
            instance_group [ { count: 2 kind: KIND_CPU } ]
            dynamic_batching { preferred_batch_size: [ 8 ] max_queue_delay_microseconds: 2000 }

            """);
    }

    [Fact]
    public void A_fixed_batch_is_part_of_the_sizes_and_turns_batching_off()
    {
        var signature = Signature([new("ids", OnnxElementType.Int64, [4, 7]), new("mask", OnnxElementType.Boolean, [4, 7])], [new("y", OnnxElementType.Double, [4, 2])]);
        var profile = Profile with { Triton = new ProfileTriton { Backend = TritonBackend.Tensorrt, Gpu = true } };

        string text = TritonConfiguration.Write("m", signature, profile, null, null);

        text.ShouldContain("platform: \"tensorrt_plan\"\nmax_batch_size: 0\n");
        text.ShouldContain("name: \"ids\" data_type: TYPE_INT64 dims: [ 4, 7 ]");
        text.ShouldContain("data_type: TYPE_BOOL");
        text.ShouldContain("kind: KIND_GPU");
        text.ShouldNotContain("dynamic_batching");
    }

    [Fact]
    public void Cloud_AI_100_has_its_own_kind_and_the_path_of_its_program()
    {
        var signature = Signature([new("x", OnnxElementType.Float, [null, 2])], [new("y", OnnxElementType.Float, [null, 2])]);
        var profile = Profile with { Triton = new ProfileTriton { Backend = TritonBackend.Qaic } };

        string text = TritonConfiguration.Write("m\"ü", signature, profile, 8, "/models/m/1/qpc");

        text.ShouldContain("name: \"m\\\"\\303\\274\"\nbackend: \"qaic\"\nmax_batch_size: 8\n");
        text.ShouldContain("kind: KIND_MODEL");
        text.ShouldContain("parameters { key: \"qpc_path\" value { string_value: \"/models/m/1/qpc\" } }");
    }

    [Fact]
    public void A_type_that_Triton_has_not_is_an_error() => Should.Throw<MeshException>(
        () => TritonConfiguration.Write("m", Signature([new("x", OnnxElementType.Undefined, [null])], []), Profile, null, null)).Code.ShouldBe("MESH9422");

    private static OnnxSignature Signature(IReadOnlyList<OnnxValue> inputs, IReadOnlyList<OnnxValue> outputs) => new()
    {
        IrVersion = 8, Opset = 13, Inputs = inputs, Outputs = outputs, ParameterCount = 0, Metadata = new Dictionary<string, string>(),
    };
}
