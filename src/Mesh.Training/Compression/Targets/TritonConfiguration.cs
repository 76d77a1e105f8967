using System.Globalization;
using System.Text;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Training.Compression.Profiles;

namespace Mesh.Training.Compression.Targets;

/// <summary>Triton's <c>config.pbtxt</c>: the text form of <c>inference.ModelConfig</c> (model_config.proto of triton-inference-server/common).</summary>
internal static class TritonConfiguration
{
    /// <summary>Writes the configuration of a model.</summary>
    /// <param name="name">Name of the model and its folder.</param>
    /// <param name="signature">What the model takes and gives.</param>
    /// <param name="profile">Backend and batch sizes.</param>
    /// <param name="compiledBatch">Batch of a backend that runs whole batches of one size; null when sizes vary.</param>
    /// <param name="programPath">Where the server finds a program container; null for other backends.</param>
    /// <exception cref="MeshException"><c>MESH9422</c> when Triton has no type for an input or output.</exception>
    public static string Write(string name, OnnxSignature signature, CompressionProfile profile, int? compiledBatch, string? programPath)
    {
        // Triton adds the batch axis itself, if all inputs and outputs begin with an open axis; else sizes are given whole and batching is off.
        bool batches = signature.Inputs.Concat(signature.Outputs).All(value => value.Dimensions.Count > 0 && value.Dimensions[0] is null);
        int maxBatch = batches ? compiledBatch ?? profile.Batch.Max : 0;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"name: {Quote(name)}\n");
        text.Append(profile.Triton.Backend switch
        {
            TritonBackend.Tensorrt => "backend: \"tensorrt\"\nplatform: \"tensorrt_plan\"\n",
            TritonBackend.Qaic => "backend: \"qaic\"\n",
            _ => "backend: \"onnxruntime\"\n",
        });
        text.Append(CultureInfo.InvariantCulture, $"max_batch_size: {maxBatch}\n");
        foreach (var value in signature.Inputs) WriteValue(text, "input", value, maxBatch > 0);
        foreach (var value in signature.Outputs) WriteValue(text, "output", value, maxBatch > 0);
        string kind = profile.Triton.Backend == TritonBackend.Qaic ? "KIND_MODEL" : profile.Triton.Gpu ? "KIND_GPU" : "KIND_CPU";
        text.Append(CultureInfo.InvariantCulture, $"instance_group [ {{ count: {profile.Triton.Instances} kind: {kind} }} ]\n");
        if (maxBatch > 1)
        {
            int preferred = Math.Min(profile.Batch.Optimal, maxBatch);
            long delay = (long)profile.Triton.MaxQueueDelay.TotalMicroseconds;
            text.Append(CultureInfo.InvariantCulture, $"dynamic_batching {{ preferred_batch_size: [ {preferred} ] max_queue_delay_microseconds: {delay} }}\n");
        }

        if (programPath is not null) text.Append(CultureInfo.InvariantCulture, $"parameters {{ key: \"qpc_path\" value {{ string_value: {Quote(programPath)} }} }}\n");
        return text.ToString();
    }

    private static void WriteValue(StringBuilder text, string kind, OnnxValue value, bool batches)
    {
        var sizes = value.Dimensions.Skip(batches ? 1 : 0).Select(size => (size ?? -1).ToString(CultureInfo.InvariantCulture)).ToList();
        // A value per sample has no axis of its own; Triton then wants one of size 1 and folds it into the batch.
        bool isScalar = sizes.Count == 0;
        text.Append(CultureInfo.InvariantCulture, $"{kind} [ {{ name: {Quote(value.Name)} data_type: {TypeOf(value)} dims: [ {(isScalar ? "1" : string.Join(", ", sizes))} ]{(isScalar ? " reshape { shape: [ ] }" : "")} }} ]\n");
    }

    private static string TypeOf(OnnxValue value) => value.ElementType switch
    {
        OnnxElementType.Float => "TYPE_FP32",
        OnnxElementType.Float16 => "TYPE_FP16",
        OnnxElementType.BFloat16 => "TYPE_BF16",
        OnnxElementType.Double => "TYPE_FP64",
        OnnxElementType.Boolean => "TYPE_BOOL",
        OnnxElementType.String => "TYPE_STRING",
        OnnxElementType.Int8 => "TYPE_INT8",
        OnnxElementType.Int16 => "TYPE_INT16",
        OnnxElementType.Int32 => "TYPE_INT32",
        OnnxElementType.Int64 => "TYPE_INT64",
        OnnxElementType.UInt8 => "TYPE_UINT8",
        OnnxElementType.UInt16 => "TYPE_UINT16",
        OnnxElementType.UInt32 => "TYPE_UINT32",
        OnnxElementType.UInt64 => "TYPE_UINT64",
        _ => throw new MeshException("MESH9422", $"Triton has no type for {value}. Export the model with another type."),
    };

    /// <summary>A string as protobuf's text form has it: bytes outside of printable ASCII in octal.</summary>
    private static string Quote(string value)
    {
        var text = new StringBuilder("\"");
        foreach (byte octet in Encoding.UTF8.GetBytes(value))
        {
            if (octet is (byte)'"' or (byte)'\\') text.Append('\\').Append((char)octet);
            else if (octet is >= 0x20 and < 0x7F) text.Append((char)octet);
            else text.Append('\\').Append(Convert.ToString(octet, 8).PadLeft(3, '0'));
        }

        return text.Append('"').ToString();
    }
}
