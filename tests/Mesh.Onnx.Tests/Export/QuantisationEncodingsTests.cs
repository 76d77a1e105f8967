using System.Buffers.Binary;
using System.Text.Json;
using Mesh.Model;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Export;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Quantisation;

namespace Mesh.Onnx.Tests.Export;

public class QuantisationEncodingsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> Images()
    {
        for (int i = 0; i < 3; i++)
        {
            await Task.Yield();
            yield return new Dictionary<string, OnnxTensor> { ["image"] = TestModel.Random(40 + i, 4, 1, 16, 16) };
        }
    }

    private static Task<QuantisedModel> QuantiseAsync(QuantisationOptions options) => new PostTrainingQuantiser(new OnnxEvaluator()).QuantiseAsync(TestModel.Cnn(), Images(), options, Token);

    private static float[] Dequantise(ReadOnlySpan<byte> integers, float scale, int offset)
    {
        var numbers = new float[integers.Length];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = scale * (integers[i] + offset);
        return numbers;
    }

    [Theory]
    [InlineData(QuantisationFlavour.OrtU8S8, 8)]
    [InlineData(QuantisationFlavour.OrtS8S8, 8)]
    [InlineData(QuantisationFlavour.TensorRt, 8)]
    [InlineData(QuantisationFlavour.Qnn, 8)]
    [InlineData(QuantisationFlavour.Qnn, 16)]
    public async Task Encodings_say_what_the_quantised_model_does(QuantisationFlavour flavour, int bits)
    {
        var quantised = await QuantiseAsync(new QuantisationOptions { Flavour = flavour, ActivationBits = bits });

        using var document = JsonDocument.Parse(QuantisationEncodings.From(quantised).ToAimet());

        var written = ModelGraph.Read(quantised.Model);
        var reference = ModelGraph.Read(quantised.Reference);
        document.RootElement.GetProperty("version").GetString().ShouldBe("1.0.0");
        var activations = document.RootElement.GetProperty("activation_encodings").EnumerateArray().ToList();
        activations.Select(entry => entry.GetProperty("name").GetString()!).ShouldContain("image");
        foreach (var entry in activations)
        {
            string name = entry.GetProperty("name").GetString()!;
            reference.Find(name).ShouldNotBeNull().IsConstant.ShouldBeFalse();
            float scale = ModelGraph.ConstantOf(written.Find(name + "_scale")).ShouldNotBeNull(name).As<float>()[0];
            var zero = ModelGraph.ConstantOf(written.Find(name + "_zero_point"))!;
            int lowest = zero.ElementType == OnnxElementType.Int8 ? -128 : 0;
            int point = zero.ElementType switch { OnnxElementType.Int8 => zero.As<sbyte>()[0], OnnxElementType.UInt8 => zero.As<byte>()[0], _ => zero.As<ushort>()[0] };
            entry.GetProperty("enc_type").GetString().ShouldBe("PER_TENSOR");
            entry.GetProperty("dtype").GetString().ShouldBe("INT");
            entry.GetProperty("bw").GetInt32().ShouldBe(bits);
            entry.GetProperty("is_sym").GetBoolean().ShouldBe(flavour == QuantisationFlavour.TensorRt);
            entry.GetProperty("scale").EnumerateArray().Select(value => (float)value.GetDouble()).ShouldBe([scale]);
            entry.GetProperty("offset").EnumerateArray().Select(value => value.GetInt32()).ShouldBe([lowest - point]);
        }

        // x = scale · (q + offset) with q counted from 0 gives the very weights that the QDQ model restores.
        using var session = new OnnxEvaluator().Open(Google.Protobuf.MessageExtensions.ToByteArray(quantised.Model));
        foreach (var entry in document.RootElement.GetProperty("param_encodings").EnumerateArray())
        {
            string name = entry.GetProperty("name").GetString()!;
            reference.Find(name).ShouldNotBeNull().IsConstant.ShouldBeTrue();
            entry.GetProperty("enc_type").GetString().ShouldBe("PER_CHANNEL");
            var integers = ModelGraph.ConstantOf(written.Find(name + "_quantised"))!;
            var restored = session.Run(new Dictionary<string, OnnxTensor> { ["image"] = TestModel.Random(1, 1, 1, 16, 16) }, [name + "_dequantised"])[0];
            float[] scales = [.. entry.GetProperty("scale").EnumerateArray().Select(value => (float)value.GetDouble())];
            int channels = (int)integers.Dimensions[0], size = (int)integers.Count / channels;
            scales.Length.ShouldBe(channels);
            byte[] counted = [.. integers.Bytes.ToArray().Select(value => (byte)((sbyte)value + 128))];
            for (int channel = 0; channel < channels; channel++)
            {
                entry.GetProperty("offset")[channel].GetInt32().ShouldBe(-128);
                Dequantise(counted.AsSpan(channel * size, size), scales[channel], -128).ShouldBe(restored.As<float>().Slice(channel * size, size).ToArray());
            }
        }
    }

    [Fact]
    public async Task Overrides_for_QNN_hold_the_same_as_maps_with_ranges_and_an_entry_per_channel()
    {
        var encodings = QuantisationEncodings.From(await QuantiseAsync(new QuantisationOptions { Flavour = QuantisationFlavour.Qnn }));

        using var document = JsonDocument.Parse(encodings.ToQnnOverrides());

        foreach (var (map, list) in new[] { ("activation_encodings", encodings.Activations), ("param_encodings", encodings.Parameters) })
        {
            var entries = document.RootElement.GetProperty(map);
            entries.EnumerateObject().Select(entry => entry.Name).ShouldBe(list.Select(encoding => encoding.Name));
            foreach (var encoding in list)
            {
                var channels = entries.GetProperty(encoding.Name).EnumerateArray().ToList();
                channels.Count.ShouldBe(encoding.Scales.Count);
                for (int i = 0; i < channels.Count; i++)
                {
                    double scale = channels[i].GetProperty("scale").GetDouble();
                    int offset = channels[i].GetProperty("offset").GetInt32();
                    scale.ShouldBe(encoding.Scales[i]);
                    channels[i].GetProperty("bitwidth").GetInt32().ShouldBe(8);
                    channels[i].GetProperty("is_symmetric").GetString().ShouldBe(map == "param_encodings" ? "True" : "False");
                    channels[i].GetProperty("min").GetDouble().ShouldBe(scale * offset);
                    channels[i].GetProperty("max").GetDouble().ShouldBe(scale * (offset + 255));
                }
            }
        }
    }

    [Fact]
    public async Task The_cache_for_TensorRT_is_a_line_per_tensor_with_the_scale_most_significant_byte_first()
    {
        var quantised = await QuantiseAsync(new QuantisationOptions { Flavour = QuantisationFlavour.TensorRt });

        string[] lines = QuantisationEncodings.From(quantised).ToTensorRtCache().Split('\n');

        lines[0].ShouldBe("TRT-8601-EntropyCalibration2");
        lines[^1].ShouldBeEmpty();
        lines[1..^1].Length.ShouldBe(quantised.Ranges.Count);
        foreach (string line in lines[1..^1])
        {
            string[] parts = line.Split(": ");
            var range = quantised.Ranges[parts[0]];
            parts[1].Length.ShouldBe(8);
            BinaryPrimitives.ReadSingleBigEndian(Convert.FromHexString(parts[1])).ShouldBe(MathF.Max(MathF.Abs(range.Min), MathF.Abs(range.Max)) / 127);
        }
    }

    [Fact]
    public async Task Layers_that_stay_in_float_have_no_encodings()
    {
        var kept = new HashSet<string> { "n_logits" };

        var encodings = QuantisationEncodings.From(await QuantiseAsync(new QuantisationOptions { Flavour = QuantisationFlavour.Qnn, KeptNodes = kept }));

        encodings.FloatNodes.ShouldContain("n_logits");
        encodings.Parameters.Select(encoding => encoding.Name).ShouldNotContain("w");
        encodings.Activations.Select(encoding => encoding.Name).ShouldNotContain("logits");
    }

    [Fact]
    public async Task A_tensor_without_a_range_is_refused_by_name()
    {
        var quantised = await QuantiseAsync(new QuantisationOptions());
        var fewer = quantised.Ranges.Where(pair => pair.Key != "image").ToDictionary(pair => pair.Key, pair => pair.Value);

        var refused = Should.Throw<MeshException>(() => QuantisationEncodings.From(quantised.Reference, fewer, quantised.Options));

        refused.Code.ShouldBe("MESH9833");
        refused.Message.ShouldContain("'image'");
    }
}
