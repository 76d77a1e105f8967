using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Mesh.Model;
using Mesh.Onnx.Quantisation;

namespace Mesh.Onnx.Export;

/// <summary>The formats.</summary>
public sealed partial class QuantisationEncodings
{
    private const string AimetVersion = "1.0.0";
    private const string OverridesVersion = "0.6.1";

    /// <summary>Version of TensorRT whose header <see cref="ToTensorRtCache"/> writes by default: 8.6.1.</summary>
    public const int DefaultTensorRtVersion = 8601;

    /// <summary>AIMET's encodings, version 1.0.0: lists of entries with <c>name</c>.</summary>
    public byte[] ToAimet() => Json(json =>
    {
        json.WriteString("version", AimetVersion);
        WriteAimet(json, "activation_encodings", Activations);
        WriteAimet(json, "param_encodings", Parameters);
        json.WriteStartArray("excluded_layers");
        foreach (string node in FloatNodes) json.WriteStringValue(node);
        json.WriteEndArray();
        json.WriteStartObject("quantizer_args");
        json.WriteNumber("activation_bitwidth", options.ActivationBits);
        json.WriteNumber("param_bitwidth", WeightBits);
        json.WriteString("dtype", "int");
        // Of parameters; activations say so each.
        json.WriteBoolean("is_symmetric", true);
        json.WriteBoolean("per_channel_quantization", true);
        json.WriteString("quant_scheme", options.Method switch
        {
            CalibrationMethod.MinMax => "min_max",
            CalibrationMethod.Percentile => "post_training_percentile",
            CalibrationMethod.Entropy => "entropy",
            _ => "mse",
        });
        json.WriteEndObject();
    });

    /// <summary>
    /// What <c>--quantization_overrides</c> of QNN's converters takes: AIMET's encodings of version 0.6.1, maps from a tensor's name to an entry per
    /// channel. What has none stays in float with <c>--float_fallback</c>.
    /// </summary>
    public byte[] ToQnnOverrides() => Json(json =>
    {
        json.WriteString("version", OverridesVersion);
        WriteOverrides(json, "activation_encodings", Activations);
        WriteOverrides(json, "param_encodings", Parameters);
    });

    /// <summary>
    /// TensorRT's calibration cache, which versions 8 and 9 read and 10.1 deprecates: a header that names the version, then a line per tensor with
    /// the bits of the scale (largest magnitude by 127) in hexadecimal, most significant first. All calibrated tensors are in it, by the names of
    /// the ONNX model; TensorRT calibrates nothing anew when it finds them.
    /// </summary>
    /// <param name="version">Four or five digits, for example 8601 for 8.6.1; other versions than the one that reads it are refused there.</param>
    /// <exception cref="MeshException"><c>MESH9833</c> when a tensor's name cannot stand in a line.</exception>
    public string ToTensorRtCache(int version = DefaultTensorRtVersion)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"TRT-{version}-EntropyCalibration2\n");
        foreach (var (name, range) in ranges)
        {
            if (name.AsSpan().IndexOfAny('\n', '\r') >= 0) throw new MeshException("MESH9833", $"Tensor '{name.ReplaceLineEndings(" ")}' has a line break in its name, for which TensorRT's cache has no form. Rename it.");
            var symmetric = QuantisationParameters.Cover(range, QuantisationFlavour.TensorRt);
            text.Append(CultureInfo.InvariantCulture, $"{name}: {BitConverter.SingleToUInt32Bits(symmetric.Scale):x8}\n");
        }

        return text.ToString();
    }

    private static void WriteAimet(Utf8JsonWriter json, string name, IReadOnlyList<TensorEncoding> encodings)
    {
        json.WriteStartArray(name);
        foreach (var encoding in encodings)
        {
            json.WriteStartObject();
            json.WriteString("name", encoding.Name);
            json.WriteString("enc_type", encoding.IsPerChannel ? "PER_CHANNEL" : "PER_TENSOR");
            json.WriteString("dtype", "INT");
            json.WriteNumber("bw", encoding.Bits);
            json.WriteBoolean("is_sym", encoding.IsSymmetric);
            json.WriteStartArray("scale");
            // As doubles, which hold every float exactly.
            foreach (float scale in encoding.Scales) json.WriteNumberValue((double)scale);
            json.WriteEndArray();
            json.WriteStartArray("offset");
            foreach (int offset in encoding.Offsets) json.WriteNumberValue(offset);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteOverrides(Utf8JsonWriter json, string name, IReadOnlyList<TensorEncoding> encodings)
    {
        json.WriteStartObject(name);
        foreach (var encoding in encodings)
        {
            json.WriteStartArray(encoding.Name);
            for (int channel = 0; channel < encoding.Scales.Count; channel++)
            {
                json.WriteStartObject();
                json.WriteNumber("bitwidth", encoding.Bits);
                json.WriteString("dtype", "int");
                // Text, as the specification has it.
                json.WriteString("is_symmetric", encoding.IsSymmetric ? "True" : "False");
                json.WriteNumber("max", encoding.MaxOf(channel));
                json.WriteNumber("min", encoding.MinOf(channel));
                json.WriteNumber("offset", encoding.Offsets[channel]);
                json.WriteNumber("scale", (double)encoding.Scales[channel]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static byte[] Json(Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
