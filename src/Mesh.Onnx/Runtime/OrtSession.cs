using System.Buffers;
using Mesh.Model;

namespace Mesh.Onnx.Runtime;

/// <summary>
/// A model loaded by ONNX Runtime. Thread-safe: several threads may run it at the same time, as ONNX Runtime promises for its own
/// providers. Inputs are read where they lie and must not be written to during a run; outputs are copied once.
/// </summary>
public sealed unsafe class OrtSession : IOnnxSession
{
    private readonly OrtLibrary library;
    private readonly OrtHandle session;
    private readonly Utf8Strings inputNames;
    private readonly Utf8Strings outputNames;
    private readonly Dictionary<string, int> outputIndexes = new(StringComparer.Ordinal);

    internal OrtSession(OrtLibrary library, OnnxSignature signature, ReadOnlySpan<byte> model, OrtOptions options, string runtime)
    {
        this.library = library;
        Signature = signature;
        Runtime = runtime;
        inputNames = new Utf8Strings(signature.Inputs.Select(input => input.Name));
        outputNames = new Utf8Strings(signature.Outputs.Select(output => output.Name));
        for (int i = 0; i < signature.Outputs.Count; i++) outputIndexes[signature.Outputs[i].Name] = i;

        nint created;
        using (var settings = OrtSessionOptions.Create(library, options))
        {
            fixed (byte* bytes = model)
            {
                library.Check(library.Api.CreateSessionFromArray(library.Environment, bytes, (nuint)model.Length, settings.Value, &created), CannotOpen);
            }
        }

        session = new OrtHandle(created, library.Api.ReleaseSession);
    }

    /// <inheritdoc/>
    public OnnxSignature Signature { get; }

    /// <inheritdoc/>
    public string Runtime { get; }

    /// <inheritdoc/>
    /// <exception cref="MeshException"><c>MESH9852</c>: ONNX Runtime failed, for example for want of memory.</exception>
    public IReadOnlyList<OnnxTensor> Run(IReadOnlyDictionary<string, OnnxTensor> inputs, IReadOnlyList<string> outputs) => Run(inputs, outputs, CancellationToken.None);

    /// <summary>Runs the model once; a run that is cancelled ends after the node it is at.</summary>
    /// <inheritdoc cref="Run(IReadOnlyDictionary{string, OnnxTensor}, IReadOnlyList{string})"/>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<OnnxTensor> Run(IReadOnlyDictionary<string, OnnxTensor> inputs, IReadOnlyList<string> outputs, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CheckInputs(inputs);
        int[] wanted = [.. outputs.Select(IndexOf)];
        if (wanted.Length == 0) return [];

        var pins = new MemoryHandle[inputNames.Count];
        nint[] inputValues = new nint[inputNames.Count];
        nint[] outputValues = new nint[wanted.Length];
        bool isHeld = false;
        try
        {
            // Disposing the session meanwhile releases it after this run.
            session.DangerousAddRef(ref isHeld);
            for (int i = 0; i < pins.Length; i++) inputValues[i] = Wrap(inputs[Signature.Inputs[i].Name], out pins[i]);
            RunOnce(inputValues, wanted, outputValues, cancellationToken);
            var results = new OnnxTensor[wanted.Length];
            for (int i = 0; i < results.Length; i++) results[i] = Copy(outputs[i], outputValues[i]);
            return results;
        }
        finally
        {
            foreach (nint value in outputValues) Release(value);
            foreach (nint value in inputValues) Release(value);
            foreach (var pin in pins) pin.Dispose();
            if (isHeld) session.DangerousRelease();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => session.Dispose();

    /// <summary>Whether elements of a type can be given and taken as bytes.</summary>
    internal static bool HasRawForm(OnnxElementType type) => Enum.IsDefined(type) && type is not (OnnxElementType.String or OnnxElementType.Undefined);

    private void RunOnce(nint[] inputValues, int[] wanted, nint[] outputValues, CancellationToken cancellationToken)
    {
        using var options = cancellationToken.CanBeCanceled ? CreateRunOptions() : null;
        // Disposed before the options are released; disposing waits for a cancellation that is under way.
        using var registration = options is null ? default : cancellationToken.UnsafeRegister(_ => library.TakeError(library.Api.RunOptionsSetTerminate(options.Value)), null);
        nint[] names = [.. wanted.Select(index => (nint)outputNames[index])];
        nint status;
        fixed (nint* firstInput = inputValues, firstName = names, firstOutput = outputValues)
        {
            status = library.Api.Run(
                session.Value, options?.Value ?? 0, inputNames.All, firstInput, (nuint)inputValues.Length, (byte**)firstName, (nuint)names.Length, firstOutput);
        }

        if (library.TakeError(status) is not { } error) return;
        cancellationToken.ThrowIfCancellationRequested();
        throw CannotRun(error);
    }

    private OrtHandle CreateRunOptions()
    {
        nint created;
        library.Check(library.Api.CreateRunOptions(&created), CannotRun);
        return new OrtHandle(created, library.Api.ReleaseRunOptions);
    }

    /// <summary>A value of ONNX Runtime over the tensor's own bytes, which stay where they are until the pin is disposed.</summary>
    private nint Wrap(OnnxTensor tensor, out MemoryHandle pin)
    {
        pin = tensor.Bytes.Pin();
        nint value;
        long[] sizes = [.. tensor.Dimensions];
        fixed (long* firstSize = sizes)
        {
            library.Check(
                library.Api.CreateTensorWithData(library.CpuMemory, pin.Pointer, (nuint)tensor.Bytes.Length, firstSize, (nuint)sizes.Length, (int)tensor.ElementType, &value),
                CannotRun);
        }

        return value;
    }

    private OnnxTensor Copy(string name, nint value)
    {
        var api = library.Api;
        int isTensor = 0;
        if (value != 0) library.Check(api.IsTensor(value, &isTensor), CannotRun);
        if (isTensor == 0) throw new MeshException("MESH9805", $"The output '{name}' is not a tensor. Ask for outputs that are.");

        nint info;
        library.Check(api.GetTensorTypeAndShape(value, &info), CannotRun);
        int elementType;
        long[] sizes;
        try
        {
            library.Check(api.GetTensorElementType(info, &elementType), CannotRun);
            nuint rank;
            library.Check(api.GetDimensionsCount(info, &rank), CannotRun);
            sizes = new long[(int)rank];
            fixed (long* firstSize = sizes) library.Check(api.GetDimensions(info, firstSize, rank), CannotRun);
        }
        finally
        {
            api.ReleaseTensorTypeAndShape(info);
        }

        var type = (OnnxElementType)elementType;
        Int128 length = OnnxTensor.WidthOf(type);
        foreach (long size in sizes) length = Int128.Min(length * size, long.MaxValue);
        if (length > Array.MaxLength) throw new MeshException("MESH9852", $"The output '{name}' has {length:N0} bytes; more than {Array.MaxLength:N0} cannot be taken. Run the model on fewer rows at a time.");

        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)length);
        if (bytes.Length > 0)
        {
            void* data;
            library.Check(api.GetTensorMutableData(value, &data), CannotRun);
            new ReadOnlySpan<byte>(data, bytes.Length).CopyTo(bytes);
        }

        return new OnnxTensor(type, sizes, bytes);
    }

    private void Release(nint value)
    {
        if (value != 0) library.Api.ReleaseValue(value);
    }

    private int IndexOf(string output)
    {
        if (!outputIndexes.TryGetValue(output, out int index)) throw Misfit($"there is no output '{output}'; the model gives {Describe(Signature.Outputs)}");
        var type = Signature.Outputs[index].ElementType;
        return HasRawForm(type)
            ? index
            : throw new MeshException("MESH9805", $"The model's output '{output}' is of type {type}; only tensors of numbers can be taken. Ask for the others.");
    }

    private void CheckInputs(IReadOnlyDictionary<string, OnnxTensor> inputs)
    {
        foreach (var expected in Signature.Inputs)
        {
            if (!inputs.TryGetValue(expected.Name, out var given)) throw Misfit($"the input '{expected.Name}' is missing; the model takes {Describe(Signature.Inputs)}");
            // A model may leave the shape open, which reads like that of a scalar; ONNX Runtime knows.
            bool fits = given.ElementType == expected.ElementType
                && (expected.Dimensions.Count == 0 || expected.Dimensions.Count == given.Dimensions.Count)
                && expected.Dimensions.Zip(given.Dimensions).All(static pair => pair.First is not { } size || size == pair.Second);
            if (!fits) throw Misfit($"the input '{expected.Name}' is {given} where the model takes {expected}");
        }

        if (inputs.Count == Signature.Inputs.Count) return;
        string unknown = inputs.Keys.First(name => Signature.Inputs.All(input => input.Name != name));
        throw Misfit($"there is no input '{unknown}'; the model takes {Describe(Signature.Inputs)}");
    }

    private static string Describe(IReadOnlyList<OnnxValue> values) => values.Count == 0 ? "none" : string.Join(", ", values);

    private static MeshException Misfit(string what) => new("MESH9804", $"The model cannot be run: {what}. Give what it takes.");

    private MeshException CannotOpen(OrtError error) => error.Code switch
    {
        OrtErrorCode.InvalidProtobuf => new MeshException("MESH9801", $"{Runtime} finds no model: {error.Message} Export the model again."),
        OrtErrorCode.InvalidGraph or OrtErrorCode.InvalidArgument => new MeshException("MESH9802", $"{Runtime} finds the model broken: {error.Message} Export the model again."),
        _ => new MeshException("MESH9805", $"{Runtime} cannot load the model: {error.Message} Unless that says the model is broken, use a newer version or another provider, or export for an older operator set."),
    };

    private MeshException CannotRun(OrtError error) => error.Code switch
    {
        OrtErrorCode.InvalidArgument => new MeshException("MESH9804", $"{Runtime} does not take the inputs: {error.Message} Give what the model takes."),
        OrtErrorCode.NotImplemented => new MeshException("MESH9805", $"{Runtime} cannot run the model: {error.Message} Use a newer version or another provider."),
        _ => new MeshException("MESH9852", $"{Runtime} failed: {error.Message} Run fewer rows at a time if memory was short; otherwise the model does not fit its inputs."),
    };
}
