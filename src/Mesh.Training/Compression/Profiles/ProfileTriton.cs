namespace Mesh.Training.Compression.Profiles;

/// <summary>A profile's model repository.</summary>
public sealed record ProfileTriton
{
    /// <summary>The backend (default: ONNX Runtime).</summary>
    public TritonBackend Backend { get; init; } = TritonBackend.Onnxruntime;

    /// <summary>Instances of the model (default: 1).</summary>
    public int Instances { get; init; } = 1;

    /// <summary>Whether instances run on the GPU (default: false, except for TensorRT); Cloud AI 100 has its own kind.</summary>
    public bool Gpu { get; init; }

    /// <summary>How long a request may wait for others to be run with (default: 2 ms).</summary>
    public TimeSpan MaxQueueDelay { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Where the server will see the repository (default: <c>/models</c>); absolute paths in the configuration begin with it.</summary>
    public string RepositoryPath { get; init; } = "/models";
}
