using Mesh.Cli;

return await MeshProgram.RunAsync(args).ConfigureAwait(false);
