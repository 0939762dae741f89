"""What does each rule say of a training?"""
