"""What does the record of a training say: of gradients, weights, losses and machines?"""
