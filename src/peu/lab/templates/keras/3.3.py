# %%
def build_vae(coeff):
    encoder, decoder = build_encoder(coeff), build_decoder()
    vae_inputs = Input(shape=(28, 28, 1))
    z, mu, log_var = encoder(vae_inputs)
    return Model(vae_inputs, decoder(z), name="vae"), encoder, decoder


vae, encoder, decoder = build_vae(coeff=1)
vae.summary()
print("3.3", vae.count_params(), vae.output_shape)
