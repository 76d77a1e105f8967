using Google.Protobuf;
using Mesh.Model;

namespace Mesh.Onnx;

/// <summary>Reads ONNX files that may come from anywhere, and checks them before anybody relies on them.</summary>
public static class OnnxModelReader
{
    /// <summary>
    /// Parses a model and checks its structure (<see cref="OnnxModelChecker"/>). This is not a run: whether a runtime supports the
    /// operators is not known afterwards.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH9801</c> when the bytes are not a model, <c>MESH9802</c> when its structure is broken.</exception>
    public static (ModelProto Model, OnnxSignature Signature) Read(ReadOnlySpan<byte> bytes)
    {
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new MeshException(
                "MESH9801", $"Not an ONNX model: {exception.Message} Export the model again; the file may be cut off.", innerException: exception);
        }

        return (model, OnnxModelChecker.Check(model));
    }
}
