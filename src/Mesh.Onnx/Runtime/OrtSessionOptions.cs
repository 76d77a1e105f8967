using Mesh.Model;

namespace Mesh.Onnx.Runtime;

/// <summary>Turns <see cref="OrtOptions"/> into ONNX Runtime's own options.</summary>
internal static unsafe class OrtSessionOptions
{
    private const int FirstMinorWithoutFallback = 15;

    /// <summary>Makes the options; the caller disposes them.</summary>
    /// <exception cref="MeshException"><c>MESH9851</c>: a provider is not in the library or does not take its options.</exception>
    public static OrtHandle Create(OrtLibrary library, OrtOptions options)
    {
        var api = library.Api;
        // Newer versions write to the environment's log while a provider is appended.
        _ = library.Environment;
        nint created;
        library.Check(api.CreateSessionOptions(&created), Wrong);
        var handle = new OrtHandle(created, api.ReleaseSessionOptions);
        try
        {
            library.Check(api.SetSessionLogSeverityLevel(created, (int)options.LogSeverity), Wrong);
            library.Check(api.SetSessionGraphOptimizationLevel(created, (int)options.Optimisation), Wrong);
            library.Check(api.SetIntraOpNumThreads(created, options.Threads), Wrong);
            if (!options.MemoryArena) library.Check(api.DisableCpuMemArena(created), Wrong);
            if (!options.MayUseCpu) RefuseFallback(library, created);
            foreach (var provider in options.Providers.Where(provider => provider.Name != OrtProvider.Cpu)) Append(library, created, provider);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static void Append(OrtLibrary library, nint options, OrtProvider provider)
    {
        var api = library.Api;
        var keys = new Utf8Strings(provider.Options.Keys);
        var values = new Utf8Strings(provider.Options.Values);
        MeshException Failed(OrtError error) => new(
            "MESH9851",
            $"ONNX Runtime {library.Version} cannot use the provider {provider.Name}: {error.Message} Built into {library.Path} are: {string.Join(", ", library.GetProviders().Select(OrtProvider.Shorten))}. "
            + "A provider also needs its driver and its own libraries beside that file. `mesh runtime list` shows the other runtimes found.");

        switch (provider.Name)
        {
            case OrtProvider.Cuda:
                nint cuda;
                library.Check(api.CreateCudaOptions(&cuda), Failed);
                using (new OrtHandle(cuda, api.ReleaseCudaOptions))
                {
                    library.Check(api.UpdateCudaOptions(cuda, keys.All, values.All, (nuint)keys.Count), Failed);
                    library.Check(api.AppendCuda(options, cuda), Failed);
                }

                break;
            case OrtProvider.TensorRt:
                nint tensorRt;
                library.Check(api.CreateTensorRtOptions(&tensorRt), Failed);
                using (new OrtHandle(tensorRt, api.ReleaseTensorRtOptions))
                {
                    library.Check(api.UpdateTensorRtOptions(tensorRt, keys.All, values.All, (nuint)keys.Count), Failed);
                    library.Check(api.AppendTensorRt(options, tensorRt), Failed);
                }

                break;
            default:
                var name = new Utf8Strings([provider.Name]);
                library.Check(api.AppendExecutionProvider(options, name[0], keys.All, values.All, (nuint)keys.Count), Failed);
                GC.KeepAlive(name);
                break;
        }

        GC.KeepAlive(keys);
        GC.KeepAlive(values);
    }

    private static void RefuseFallback(OrtLibrary library, nint options)
    {
        // An older version takes the entry and does nothing with it.
        if (library.Minor < FirstMinorWithoutFallback)
        {
            throw new MeshException("MESH9851", $"ONNX Runtime {library.Version} cannot refuse to fall back to the CPU. Use 1.{FirstMinorWithoutFallback} or later, or allow it.");
        }

        fixed (byte* key = "session.disable_cpu_ep_fallback\0"u8, value = "1\0"u8) library.Check(library.Api.AddSessionConfigEntry(options, key, value), Wrong);
    }

    private static MeshException Wrong(OrtError error) => new("MESH9851", $"ONNX Runtime does not take the options: {error.Message} Correct them.");
}
